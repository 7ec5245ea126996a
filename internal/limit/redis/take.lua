-- Counts a call of a key, unless its rate is used up. Returns how long to wait for the next one, in nanoseconds; 0 for a call that counts.
-- ARGV: the interval of two calls, the period and the slack, in nanoseconds; in tests also the time, in microseconds.
-- A key holds a time in microseconds and how far, in nanoseconds, the arrival of its next call was ahead of it then: each fits a double.
local interval, per, slack = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(ARGV[4]) or time[1] * 1000000 + time[2]
local ahead = 0
local kept = redis.call('GET', KEYS[1])
if kept then
  local at, was = string.match(kept, '^(%d+) (%d+)$')
  ahead = was - (now - at) * 1000
  if ahead > per + slack then -- left by a stricter rate, or before the clock was set back
    ahead = per - interval
  end
end
ahead = math.max(ahead, 0) + interval
if ahead > per then
  return ahead - per
end
redis.call('SET', KEYS[1], string.format('%.0f %.0f', now, ahead), 'PX', math.ceil(ahead / 1000000))
return 0
