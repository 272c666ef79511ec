-- Publish one entry to a log, atomically: check the fence and the expected position, take the next seq, append, announce.
-- KEYS  1 meta (hash)  2 stream  3 users (hash; inbox logs only)
-- ARGV  1 channel      2 log name on the wire   3 body: the JSON object's members after log, epoch, seq (and since)
--       4 kind: state | event                   5 fresh: epoch to use should a new one begin
--       6 expected epoch or ''                  7 expected seq or ''
--       8 fence or ''  9 stream cap            10 user or ''   11 PUBLISH or SPUBLISH
-- Returns {epoch, seq, user_seq}. Errors: FENCED (a later leader has written), POSITION <epoch> <seq> (not where the writer
-- thought; also when a state log has to begin a new epoch: only renew.lua may do that).
-- An epoch belongs to one life of the server: a run_id other than the one noted means that a tail may be lost (a restart,
-- a failover), so an event log begins a new epoch by itself here.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'run', 'fence')
local epoch, seq = meta[1], tonumber(meta[2] or '0')

if ARGV[8] ~= '' and meta[4] and tonumber(meta[4]) > tonumber(ARGV[8]) then
  return redis.error_reply('FENCED ' .. meta[4])
end
if not epoch or meta[3] ~= run then
  if ARGV[4] == 'state' then
    return redis.error_reply('POSITION ' .. (epoch or '-') .. ' ' .. seq)
  end
  epoch, seq = ARGV[5], 0
  redis.call('DEL', KEYS[2])
  if KEYS[3] then redis.call('DEL', KEYS[3]) end
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'run', run)
end
if (ARGV[6] ~= '' and ARGV[6] ~= epoch) or (ARGV[7] ~= '' and tonumber(ARGV[7]) ~= seq) then
  return redis.error_reply('POSITION ' .. epoch .. ' ' .. seq)
end

local since = seq
seq = seq + 1
redis.call('HSET', KEYS[1], 'seq', seq)
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'fence', ARGV[8]) end
local user_seq, shown = 0, seq
if ARGV[10] ~= '' then
  user_seq = redis.call('HINCRBY', KEYS[3], ARGV[10], 1)
  shown = user_seq
end
local head = '{"log":"' .. ARGV[2] .. '","epoch":"' .. epoch .. '","seq":' .. shown
if ARGV[4] == 'state' then head = head .. ',"since":' .. since end
local payload = head .. ',' .. ARGV[3]
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], seq .. '-0',
  'since', since, 'user', ARGV[10], 'user_seq', user_seq, 'payload', payload)
redis.call(ARGV[11], ARGV[1],
  epoch .. ' ' .. seq .. ' ' .. since .. ' ' .. user_seq .. ' ' .. ARGV[10] .. '\n' .. payload)
return {epoch, seq, user_seq}
