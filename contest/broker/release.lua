-- Give the lead up, if it is still the asker's. KEYS  1 leader  2 seen  ARGV  1 token:owner  2 seen or ''
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2]) end
return redis.call('DEL', KEYS[1])
