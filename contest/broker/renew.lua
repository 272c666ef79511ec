-- Begin a new epoch of a log, atomically: forget the old entries, set the given snapshot (and kept) at seq 0, announce.
-- What was published once stays known: an entry of the old epoch is in the snapshot or gone for good.
-- KEYS  1 meta  2 stream  3 snapshot  4 users  5 kept
-- ARGV  1 channel  2 the new epoch  3 snapshot payload or ''  4 fence or ''  5 PUBLISH or SPUBLISH
--       6 only when: '' always, 'stale' only when the log has no epoch of this life of the server
--       7.. kept, in pairs: user, JSON
-- Returns {epoch, seq}. Errors: FENCED. The announcement has seq 0 and no payload: who follows the log loads it afresh.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'run', 'fence')
if ARGV[4] ~= '' and meta[4] and tonumber(meta[4]) > tonumber(ARGV[4]) then
  return redis.error_reply('FENCED ' .. meta[4])
end
if ARGV[6] == 'stale' and meta[1] and meta[3] == run then
  return {meta[1], tonumber(meta[2] or '0')}
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'seq', 0, 'run', run)
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'fence', ARGV[4]) end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[3], 'epoch', ARGV[2], 'seq', 0, 'payload', ARGV[3])
end
for at = 7, #ARGV - 1, 2 do
  redis.call('HSET', KEYS[5], ARGV[at], '0 ' .. ARGV[at + 1])
end
redis.call(ARGV[5], ARGV[1], ARGV[2] .. ' 0 0 0 \n')
return {ARGV[2], 0}
