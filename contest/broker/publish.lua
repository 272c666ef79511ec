-- Publish one entry to a log, atomically: check the fence and the expected position, take the next seq, append, announce.
-- KEYS  1 meta (hash)  2 stream  3 snapshot  4 users (hash; inbox logs)  5 kept (hash; inbox logs)  6 once (sorted set)
-- ARGV  1 channel      2 log name on the wire   3 body: the JSON object's members after log, epoch, seq (and since)
--       4 kind: state | event                   5 fresh: epoch to use should a new one begin; '': it may not begin here
--       6 expected epoch or ''                  7 expected seq or ''
--       8 fence or ''  9 stream cap            10 user or ''   11 PUBLISH or SPUBLISH   12 once or ''  13 once cap
-- Returns {epoch, seq, user_seq}. Errors: FENCED (a later leader has taken or written the log), POSITION <epoch> <seq> (not
-- where the writer thought; also when a new epoch would have to begin and may not: renew.lua begins one with its snapshot).
-- An epoch belongs to one life of the server: a run_id other than the one noted means that a tail may be lost (a restart,
-- a failover).
-- Everything that can fail comes before the first write: a script that stops half way is not rolled back.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'run', 'fence')
local epoch, seq = meta[1], tonumber(meta[2] or '0')
local user, once = ARGV[10], ARGV[12]

if ARGV[8] ~= '' and meta[4] and tonumber(meta[4]) > tonumber(ARGV[8]) then
  return redis.error_reply('FENCED ' .. meta[4])
end
local begins = not epoch or meta[3] ~= run
if begins and (ARGV[4] == 'state' or ARGV[5] == '') then
  return redis.error_reply('POSITION ' .. (epoch or '-') .. ' ' .. seq)
end
if once ~= '' and not begins and redis.call('ZSCORE', KEYS[6], once) then
  local reached = user ~= '' and redis.call('HGET', KEYS[4], user)
  return {epoch, seq, tonumber(reached or '0')}
end
if begins then
  epoch, seq = ARGV[5], 0
end
if (ARGV[6] ~= '' and ARGV[6] ~= epoch) or (ARGV[7] ~= '' and tonumber(ARGV[7]) ~= seq) then
  return redis.error_reply('POSITION ' .. epoch .. ' ' .. seq)
end
if begins then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', 0, 'run', run)
  redis.call(ARGV[11], ARGV[1], epoch .. ' 0 0 0 \n')
end

local since = seq
seq = seq + 1
local user_seq, shown = 0, seq
if user ~= '' then
  user_seq = tonumber(redis.call('HGET', KEYS[4], user) or '0') + 1
  shown = user_seq
end
local head = '{"log":"' .. ARGV[2] .. '","epoch":"' .. epoch .. '","seq":' .. shown
if ARGV[4] == 'state' then head = head .. ',"since":' .. since end
local payload = head .. ',' .. ARGV[3]
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], seq .. '-0',
  'since', since, 'user', user, 'user_seq', user_seq, 'payload', payload)
redis.call('HSET', KEYS[1], 'seq', seq)
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'fence', ARGV[8]) end
if user ~= '' then redis.call('HSET', KEYS[4], user, user_seq) end
if once ~= '' then
  local now = redis.call('TIME')  -- not seq, which begins again with an epoch: the longest known are forgotten first
  redis.call('ZADD', KEYS[6], now[1] * 1000000 + now[2], once)
  redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -1 - tonumber(ARGV[13]))
end
redis.call(ARGV[11], ARGV[1],
  epoch .. ' ' .. seq .. ' ' .. since .. ' ' .. user_seq .. ' ' .. user .. '\n' .. payload)
return {epoch, seq, user_seq}
