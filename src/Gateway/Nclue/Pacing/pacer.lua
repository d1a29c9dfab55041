-- The pacer of all replicas: who may ask NCLUE for which block, and when. Nothing but this script writes these keys, and it runs as one step,
-- so that no replica can look, be overtaken, and take what it saw all the same. All times are milliseconds of this server's clock.
--
-- KEYS[1]  a hash of a few dozen fields. It has no expiry, so that no volatile-* policy evicts it.
-- KEYS[2]  a hash: for each block the time of the newest copy that can be read from Redis.
-- KEYS[3]  a list: the last changes of KEYS[2], "block time", the newest first.
-- ARGV     name, value, name, value, … The names, the fields and what is answered are only ever added to: two releases share them.

local WAIT, OVERDUE = 2, 3                                  -- classes of bids; 1 is a request that is late, 4 a refresh that is due, 0 none
local YEAR, LONGEST = 366 * 86400000, 4 * 60000             -- no clock is set by more, and no departure opens later: 4 of the longest intervals
local TIMES, COUNTS, BLOCKS, SLOTS = 99999999999999, 99999999999999, 999999999, 1000 -- the highest values that are read

local a, h, changed, dropped, odd = {}, {}, {}, {}, {}
for i = 1, #ARGV, 2 do a[ARGV[i]] = tonumber(ARGV[i + 1]) or ARGV[i + 1] end
a.since = math.min(math.max(a.since, 0), TIMES)
local function put(name, value) h[name], changed[name], dropped[name] = value, value, nil end
local function drop(name) h[name], changed[name], dropped[name] = nil, nil, true end
local function raise(name, value) if value > (h[name] or 0) then put(name, value) end end

-- 0. What is stored? --------------------------------------------------------------------------------------------------------------------
-- It is not trusted. What this script cannot have written is "odd": it goes, and counts as lost.
local function note(name) if #odd < 8 then odd[#odd + 1] = string.sub(name, 1, 32) end end
local function forget(name)
  note(name)
  drop(name)
end
local function whole(text, most)                           -- text as a whole number from 0 to most; nil if it is not one
  local number = type(text) == 'string' and #text <= 16 and string.find(text, '^%d+$') and tonumber(text)
  return number and number <= most and number or nil
end
local function read(command, key, ...)                     -- a key of another type is odd too
  local value = redis.pcall(command, key, ...)
  if type(value) ~= 'table' or not value.err then return value end
  if string.find(value.err, 'WRONGTYPE', 1, true) then
    note('type')
    redis.call('DEL', key)
  end
  return redis.call(command, key, ...)
end
local KNOWN = {
  skew = YEAR, clock = TIMES, epoch = TIMES, tick = COUNTS, seen = TIMES, generation = COUNTS,
  next = TIMES, open = TIMES, quiet = TIMES, pause = TIMES, number = COUNTS, last = 9, news = COUNTS,
  slots = SLOTS, cycle = SLOTS, previous = SLOTS, cycled = TIMES,
  ['throttled:count'] = COUNTS, ['throttled:began'] = TIMES, ['exceeded:count'] = COUNTS, ['exceeded:began'] = TIMES,
}
local stored = read('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local name, value = stored[i], stored[i + 1]
  h[name] = value
  if KNOWN[name] then
    h[name] = whole(value, KNOWN[name])
    if not h[name] then forget(name) end
  end
end
local tick, skew = string.match(h.base or '', '^(%d+) (%d+)$') -- repeats the skew of that tick: the last one, if this release wrote it
skew = whole(skew, YEAR)
if skew and tonumber(tick) == h.tick and skew ~= (h.skew or 0) then
  forget('skew')
  put('skew', skew)
end
if h.why and not (#h.why <= 32 and string.find(h.why, '^%l*$')) then forget('why') end

-- 1. What time is it? -------------------------------------------------------------------------------------------------------------------
local time = redis.call('TIME')
time = time[1] * 1000 + math.floor(time[2] / 1000)
if (h.clock or 0) > time + YEAR then forget('clock') end
local now = time + (h.skew or 0)
local last = h.clock or 0                                  -- the time of the last call, whoever made it
local most = a.now + a.unsure + a.patience                 -- by what the caller knows it is between a.now and this;
local wasset = a.now > 0 and (now < a.now or now > most)   -- if not, this clock was set, or the call was long under way
local least = now < a.now and most <= time + YEAR and most or last -- Time never goes back: it goes on from where it can have been at the most, so
local stoodstill = now < least
if stoodstill then                                         -- that no age is understated
  put('skew', (h.skew or 0) + least - now)
  now = least
end
if not h.epoch then                                        -- nothing is known of who departed last, so
  put('epoch', now)
  raise('next', now + a.interval)                          -- "nothing" means one interval from now
end
if wasset or stoodstill then raise('next', now + a.interval) end -- what seems to be open may be open too early
if wasset then
  for _, name in ipairs({'quiet', 'pause'}) do             -- and these go on for as long as they were to; once, by the first who calls
    if last <= most and (h[name] or 0) > a.now then put(name, h[name] + now - a.now - a.unsure) end
  end
  if a.paused > 0 then a.paused = a.paused + now - a.now - a.unsure end
end
for _, name in ipairs({'seen', 'cycled', 'throttled:began', 'exceeded:began'}) do
  if (h[name] or 0) > now then forget(name) end            -- it has happened, so that it was not later than now
end
if (h.next or 0) > now + LONGEST then forget('next') end
if (h.open or 0) > now + LONGEST then forget('open') end
if (h.quiet or 0) > now + LONGEST then
  forget('quiet')
  put('quiet', now + a.quiet)
end
if (h.pause or 0) > now + a.longestpause then              -- it was a pause, so that it stays one, and is over in the end
  if h.pause > now + 2 * a.longestpause then note('pause') end
  put('pause', now + a.longestpause)
end
put('clock', now)
put('tick', (h.tick or 0) + 1)                             -- answers may overtake each other: the highest is the newest
put('base', h.tick .. ' ' .. (h.skew or 0))

-- 2. What does the caller know that is not known here? ----------------------------------------------------------------------------------
if a.away == 1 and now - (h.seen or 0) > a.gap then        -- Redis was away for everybody, so others may still depart in their slots
  raise('quiet', now + a.quiet)                            -- until they find that it is back
end
if a.settled == 1 then put('seen', now) end
if math.min(a.paused, now + a.longestpause) > (h.pause or 0) then -- a pause outlives the Redis that kept it
  put('pause', math.min(a.paused, now + a.longestpause))
  put('why', a.why)
end
raise('generation', a.generation)                          -- of the NCP key: the highest that NCP has accepted

-- 3. Slots: who departs when if Redis goes away, and what each replica bids for the next departure ---------------------------------------
local function rank(class)                                 -- lower goes first; an overdue refresh before the waits, after each of these
  if class == 0 then return 9 elseif class == OVERDUE and h.last == WAIT then return 1.5 else return class end
end
local mine, free, hint, outbid
local size, blocks, callers, queues = a.replicas, 0, 0, {}
for i = 0, (h.slots or 0) - 1 do
  local text = h['slot:' .. i]
  local who, seen, replicas, class, since, b, c, order =
    string.match(text or '', '^(%S+) (%d+) (%d+) (%d+) (%-?%d+) (%d+) (%d+) ?(%S*)')
  seen, replicas, class, b, c = whole(seen, now), whole(replicas, SLOTS), whole(class, 9), whole(b, COUNTS), whole(c, COUNTS)
  if text and not (seen and replicas and class and b and c and #who <= 64 and #since <= 16) then
    forget('slot:' .. i)
    who = nil
  end
  if who == a.replica then
    mine = i
  elseif not who or now - seen > a.lease then
    free = free or i
    if i == a.slot then hint = i end
  else
    size = math.max(size, i + 1, replicas)
    if now - seen < 2 * a.interval then                    -- it was there a moment ago: its bid stands
      blocks, callers = math.min(blocks + b, BLOCKS), math.min(callers + c, BLOCKS)
      queues[#queues + 1] = table.concat({b, c, string.sub(order, 1, 1024)}, ' ')
      outbid = outbid or rank(class) < rank(a.class) or (class == WAIT and a.class == WAIT and tonumber(since) < a.since)
    end
  end
end
if not mine and a.slot >= (h.slots or 0) then hint = a.slot end
mine = mine or hint or free or (h.slots or 0)              -- a replica keeps its slot, even when Redis has lost everything
raise('slots', mine + 1)
size = math.max(size, mine + 1)
if not ((h.cycle or 0) > 0 and (h.previous or 0) > 0 and h.cycled) then h.cycle = nil end
if not h.cycle or (size ~= h.cycle and now - h.cycled >= a.settle) then
  put('previous', h.cycle or size)                         -- whoever has not heard of the change yet uses this one
  put('cycle', size)
  put('cycled', now)
end
local function bid(class, since)
  put('slot:' .. mine, table.concat({a.replica, now, a.replicas, class, since, a.blocks, a.callers, a.order}, ' '))
end
bid(a.class, a.since)

-- 4. Calls under way: a lease each, renewed by every word of its replica ------------------------------------------------------------------
local flights = {}
for name, value in pairs(h) do
  local block = string.match(name, '^flight:(.*)$')
  if block then
    local who, since, till = string.match(value, '^(%S+) (%d+) (%d+)$')
    since, till = whole(since, now), whole(till, TIMES)
    if not (since and till and #who <= 64 and whole(block, BLOCKS) and block == tostring(tonumber(block))) then
      forget(name)
    else
      if who == a.replica and string.find(a.flights, ',' .. block .. ',', 1, true) then till = math.huge end
      local lease = math.min(till, now + 2 * a.interval)
      if lease ~= whole(string.match(value, '%d+$'), TIMES) then put(name, table.concat({who, since, lease}, ' ')) end
      if lease <= now then drop(name) else flights[block] = true end
    end
  end
end

-- What has been forgotten may have been the last departure. 'open' repeats 'next', so that one of them alone opens nothing early.
if #odd > 0 then raise('next', now + 2 * a.interval) end
raise('next', h.open or 0)

-- 5. What is asked ------------------------------------------------------------------------------------------------------------------------
local outcome, value = 'ok', 0
local function newest(block) return whole(read('HGET', KEYS[2], block), now) or 0 end
local function grant(class)
  put('number', (h.number or 0) + 1)
  put('next', now + a.interval)
  put('last', class)
  bid(0, 0)                                                -- the replica says with its next word what it wants next
  outcome, value = 'granted', h.number
end

if a.op == 'claim' then
  local open = math.max(h.next, h.quiet or 0, h.pause or 0)
  local at = newest(a.block)
  if at > a.known then
    outcome, value = 'newer', at
  elseif flights[tostring(a.block)] then
    outcome = 'under way'
  elseif now < open then
    outcome, value = 'wait', open - now
  elseif outbid and now < open + a.grace then              -- the better bid has a moment to come
    outcome, value = 'wait', open + a.grace - now
  else
    grant(a.class)
    put('flight:' .. a.block, table.concat({a.replica, now, now + 2 * a.interval}, ' '))
  end

elseif a.op == 'write' then                                -- a request is late: is its departure still the last one, or another one open?
  local shut = math.max(h.quiet or 0, h.pause or 0)
  local open = math.max(h.next, shut)
  if a.number == h.number and now >= shut then
    raise('next', now + a.interval)
    outcome, value = 'granted', h.number
  elseif now >= open then
    grant(h.last or 0)                                     -- of the class of the one that it is late for, as far as that is known
  else
    outcome, value = 'wait', open - now
  end

elseif a.op == 'written' then                              -- on a new connection only the answer proves that it has arrived
  raise('next', now + a.interval * (a.new == 1 and 2 or 1))

elseif a.op == 'arrived' then                              -- it has, and nobody has departed since
  if a.number == h.number and h.next > now + a.interval then put('next', now + a.interval) end

elseif a.op == 'end' then                                  -- 0 failed, 1 answered, 2 answered and stored
  local held = h['flight:' .. a.block]
  if held and string.match(held, '%S+') == a.replica then drop('flight:' .. a.block) end
  if a.came > 0 then
    for _, kind in ipairs({'throttled', 'exceeded'}) do    -- an answer to a call of before the pause says nothing
      if a.fetched >= (h[kind .. ':began'] or 0) then put(kind .. ':count', 0) end
    end
  end
  if a.came == 2 then
    local at = newest(a.block)
    if a.fetched > at then                                 -- a late copy never takes the place of a newer one
      redis.call('HSET', KEYS[2], a.block, a.fetched)
      read('LRANGE', KEYS[3], 0, 0)                        -- another type would refuse the next line
      redis.call('LPUSH', KEYS[3], a.block .. ' ' .. a.fetched)
      redis.call('LTRIM', KEYS[3], 0, 63)
      put('news', (h.news or 0) + 1)
      outcome, value = 'stored', at
    else
      outcome, value = 'late', at
    end
  end

elseif a.op == 'pause' then                                -- each refusal after a pause doubles the next one; those of before it do not
  local wait = 0
  if a.fetched >= (h[a.kind .. ':began'] or 0) then
    wait = math.min(a.first * 2 ^ math.min(h[a.kind .. ':count'] or 0, 30), a.most)
    put(a.kind .. ':count', (h[a.kind .. ':count'] or 0) + 1)
    put(a.kind .. ':began', now)
  end
  wait = math.min(math.max(wait, a.asked), a.longestpause)
  if now + wait > (h.pause or 0) then
    put('pause', now + wait)                               -- it never gets shorter
    put('why', a.kind)
  end

elseif a.op == 'leave' then
  put('slot:' .. mine, a.replica .. ' 0 0 0 0 0 0')
end

-- 6. What is new --------------------------------------------------------------------------------------------------------------------------
if h.open ~= h.next then put('open', h.next) end
local fields, gone, flying = {}, {}, {}
for name, value in pairs(changed) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
redis.call('HSET', KEYS[1], unpack(fields))
for name in pairs(dropped) do redis.call('HDEL', KEYS[1], name) end
for name, value in pairs(h) do
  local block = string.match(name, '^flight:(%d+)$')
  if block then flying[#flying + 1] = block .. ' ' .. value end
end

local missed = (h.news or 0) - a.news                      -- by the caller
local all = a.epoch ~= h.epoch or missed < 0 or missed > 64
local news, changes = {}, not all and missed > 0 and read('LRANGE', KEYS[3], 0, missed - 1) or {}
if not all then
  for i = 1, missed do                                     -- where one is missing, only all that there are will do
    local block, at = string.match(changes[i] or '', '^(%d+) (%d+)$')
    all = all or not (whole(block, BLOCKS) and whole(at, now))
    news[i] = changes[i]
  end
end
if all then
  local copies = read('HGETALL', KEYS[2])
  news = {}
  for i = 1, #copies, 2 do
    local at = whole(copies[i], BLOCKS) and whole(copies[i + 1], now)
    if not at then note('blocks') end
    if not at or now - at > a.keep then redis.call('HDEL', KEYS[2], copies[i]) end
    if at then
      news[#news + 1] = copies[i]
      news[#news + 1] = copies[i + 1]
    end
  end
end
return {
  'outcome', outcome, 'value', value, 'now', now, 'tick', h.tick, 'epoch', h.epoch,
  'next', h.next, 'quiet', h.quiet or 0, 'pause', h.pause or 0, 'why', h.why or '', 'last', h.last or 0, 'number', h.number or 0,
  'slot', mine, 'cycle', h.cycle, 'previous', h.previous, 'cycled', h.cycled, 'generation', h.generation or 0,
  'blocks', blocks, 'callers', callers, 'flights', flying, 'news', h.news or 0, 'all', all and 1 or 0, 'changes', news,
  'queues', queues, 'odd', odd,
}
