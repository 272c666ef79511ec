-- Keep the lead a while longer, and note how far its work is done. KEYS  1 leader  2 seen  ARGV  1 token:owner  2 lease in ms  3 seen or ''
-- Returns 1, or 0 if the lead is no longer the asker's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3]) end
return 1
