-- Keep a snapshot of a log, unless the log has moved to another epoch or a later one is kept.
-- KEYS  1 meta  2 snapshot    ARGV  1 epoch  2 seq  3 payload  4 fence or ''
-- Returns 1 if kept, 0 if not. Errors: FENCED.
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'fence')
if ARGV[4] ~= '' and meta[2] and tonumber(meta[2]) > tonumber(ARGV[4]) then
  return redis.error_reply('FENCED ' .. meta[2])
end
if meta[1] ~= ARGV[1] then return 0 end
local kept = redis.call('HMGET', KEYS[2], 'epoch', 'seq')
if kept[1] == ARGV[1] and tonumber(kept[2]) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'seq', ARGV[2], 'payload', ARGV[3])
return 1
