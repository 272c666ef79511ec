-- Keep what a user's inbox comes to, unless the log has moved to another epoch or a later state is kept.
-- KEYS  1 meta  2 kept (hash: user -> "<user_seq> <JSON>")    ARGV  1 epoch, then in threes: user, user_seq, JSON
-- Returns how many were kept.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local count = 0
for at = 2, #ARGV - 2, 3 do
  local user, user_seq = ARGV[at], ARGV[at + 1]
  local before = redis.call('HGET', KEYS[2], user)
  if not before or tonumber(string.match(before, '^%d+')) <= tonumber(user_seq) then
    redis.call('HSET', KEYS[2], user, user_seq .. ' ' .. ARGV[at + 2])
    count = count + 1
  end
end
return count
