-- Decides which replica may fetch which block from NCLUE, and when. Only this script writes these keys, in one atomic step. So no replica
-- can act on state that another one has changed since. All times are milliseconds of this server's clock.
-- KEYS[1]  a hash of a few dozen fields. It has no expiry, so that no volatile-* policy evicts it.
-- KEYS[2]  a hash: for each block the time of the newest copy that can be read from Redis.
-- KEYS[3]  a list: the last changes of KEYS[2], "block time", the newest first.
-- ARGV     name, value, name, value, … Names, fields and reply entries are only ever added: two releases share them.
--          'log' is the key of the snapshot's log, on the same node. In KEYS, a missing permission to read it would fail the whole call.
local WAIT, OVERDUE = 2, 3                                  -- priorities; 1 is a late request, 4 a refresh that is due, 0 none
local YEAR, LONGEST = 366 * 86400000, 4 * 60000             -- bounds of a clock step, and of a permit's wait: 4 of the longest intervals
local TIMES, COUNTS, BLOCKS, SLOTS = 99999999999999, 99999999999999, 999999999, 1000 -- the highest values that are read
local NONE = 2147483647                                     -- a request without rows; windows have the numbers between BLOCKS and NONE
local FIELDS, LENGTH, CHUNK = 1000, 4096, 1000              -- fields of a kind, bytes of a field, values of a command (Lua's stack: 8,000)
local KNOWN = {                                             -- numeric fields, with their highest values; a missing one is 0
  skew = YEAR, clock = TIMES, epoch = TIMES, tick = COUNTS, seen = TIMES, generation = COUNTS,
  next = TIMES, open = TIMES, quiet = TIMES, pause = TIMES, number = COUNTS, last = 9, news = COUNTS,
  slots = SLOTS, cycle = SLOTS, previous = SLOTS, cycled = TIMES,
  ['throttled:count'] = COUNTS, ['throttled:began'] = TIMES, ['exceeded:count'] = COUNTS, ['exceeded:began'] = TIMES,
}
local a, h, changed, dropped, odd = {}, {}, {}, {}, {}
for i = 1, #ARGV, 2 do a[ARGV[i]] = tonumber(ARGV[i + 1]) or ARGV[i + 1] end
a.since = math.min(math.max(a.since, 0), TIMES)            -- values written below must be readable to the next call
a.replicas, a.generation = math.min(a.replicas, SLOTS), math.min(a.generation, COUNTS)
for name in pairs(KNOWN) do h[name] = 0 end
local function put(name, value) h[name], changed[name], dropped[name] = value, value, nil end
local function drop(name) h[name], changed[name], dropped[name] = KNOWN[name] and 0 or nil, nil, true end
local function raise(name, value) if value > h[name] then put(name, value) end end
local function inchunks(command, key, values)
  for i = 1, #values, CHUNK do redis.call(command, key, unpack(values, i, math.min(i + CHUNK - 1, #values))) end
end
-- 0. Read the stored state --------------------------------------------------------------------------------------------------------------
-- A value that this script cannot have written is "odd": it is deleted and counts as lost.
local function note(name) if #odd < 8 then odd[#odd + 1] = string.sub(name, 1, 32) end end
local function forget(name) note(name) drop(name) end
local function whole(text, most)                           -- text as a whole number from 0 to most; nil if it is not one
  local number = type(text) == 'string' and #text <= 16 and string.find(text, '^%d+$') and tonumber(text)
  return number and number <= most and number or nil
end
local function read(command, key, ...)                     -- a key of another type is odd too
  local value = redis.pcall(command, key, ...)
  if type(value) ~= 'table' or not value.err then return value end
  if string.find(value.err, 'WRONGTYPE', 1, true) then note('type') redis.call('DEL', key) end
  return redis.call(command, key, ...)
end
local stored = read('HGETALL', KEYS[1])
local counts = {}
for i = 1, #stored, 2 do
  local name, value = stored[i], stored[i + 1]
  if KNOWN[name] then
    h[name] = whole(value, KNOWN[name])
    if not h[name] then forget(name) end
  elseif name == 'base' or name == 'why' then h[name] = value
  else
    -- It may be a field of a newer release, which a rolling restart must not lose. Numbers and lengths of fields are bounded.
    local kind = string.match(name, '^flight:') or string.match(name, '^window:') or string.match(name, '^slot:') or 'other'
    counts[kind] = (counts[kind] or 0) + 1
    if counts[kind] > FIELDS or #name + #value > LENGTH then forget(name) else h[name] = value end
  end
end
local tick, skew = string.match(h.base or '', '^(%d+) (%d+)$') -- it repeats the skew, and is trusted only if the last call wrote it
skew = whole(skew, YEAR)
if skew and tonumber(tick) == h.tick and skew ~= h.skew then forget('skew') put('skew', skew) end
if h.why and not (#h.why <= 32 and string.find(h.why, '^%l*$')) then forget('why') end
if h.slots == 0 then                                       -- without it, the slots themselves give their number
  for name in pairs(h) do
    local slot = whole(string.match(name, '^slot:(%d+)$'), SLOTS - 1)
    if slot then raise('slots', slot + 1) end
  end
end
-- 1. Determine the time -----------------------------------------------------------------------------------------------------------------
local time = redis.call('TIME')
time = time[1] * 1000 + math.floor(time[2] / 1000)
if h.clock > time + YEAR then forget('clock') end
local now = time + h.skew
local last = h.clock                                       -- the time of the last call, of any replica
local most = a.now + a.unsure + a.patience                 -- the caller knows that the time is between a.now and 'most'
local wasset = a.now > 0 and (now < a.now or now > most)   -- Redis' clock was set, or the call took long to arrive
-- Time never goes back. It continues from the latest time that it can have been, so that no age is understated.
local least = now < a.now and most <= time + YEAR and most or last
local stoodstill = now < least
if stoodstill then
  put('skew', h.skew + least - now)
  now = least
end
-- Without an epoch the last permit is unknown: the next one is an interval from now. A missing 'next' alone is odd and delays it (4).
if h.epoch == 0 then
  put('epoch', now)
  raise('next', now + a.interval)
elseif h.next == 0 then
  note('next')
end
if wasset or stoodstill then raise('next', now + a.interval) end -- 'next' may be too early by the new clock
if wasset then                                             -- quiet and pause keep their remaining time; only the first caller moves them
  for _, name in ipairs({'quiet', 'pause'}) do
    if last <= most and h[name] > a.now then put(name, h[name] + now - a.now - a.unsure) end
  end
  if a.paused > 0 then a.paused = a.paused + now - a.now - a.unsure end
end
-- Times of past events are never later than now.
for _, name in ipairs({'seen', 'cycled', 'throttled:began', 'exceeded:began'}) do if h[name] > now then forget(name) end end
if h.next > now + LONGEST then forget('next') end
if h.open > now + LONGEST then forget('open') end
if h.quiet > now + LONGEST then forget('quiet') put('quiet', now + a.quiet) end
if h.pause > now + a.longestpause then                     -- too long, but it was a pause: shorten it, so that it ends
  if h.pause > now + 2 * a.longestpause then note('pause') end
  put('pause', now + a.longestpause)
end
put('clock', now)
put('tick', h.tick + 1)                                    -- replies may overtake each other: the highest tick is the newest
put('base', h.tick .. ' ' .. h.skew)
-- 2. Apply state that only the caller knows ---------------------------------------------------------------------------------------------
-- Redis was away for all replicas: others may still send in their slots until they notice that it is back.
if a.away == 1 and now - h.seen > a.gap then raise('quiet', now + a.quiet) end
if a.settled == 1 then put('seen', now) end
if math.min(a.paused, now + a.longestpause) > h.pause then -- a pause survives the loss of the Redis that stored it
  put('pause', math.min(a.paused, now + a.longestpause))
  put('why', a.why)
end
raise('generation', a.generation)                          -- of the NCP key: the highest that NCP has accepted
-- 3. Assign slots (the order of replicas while Redis is away) and compare the replicas' requests for the next permit ---------------------
local function rank(class)                                 -- the lowest goes first; an overdue refresh before waits, after each of them
  if class == 0 then return 9 elseif class == OVERDUE and h.last == WAIT then return 1.5 else return class end
end
local mine, free, hint, outbid
local size, blocks, callers, queues = a.replicas, 0, 0, {}
for i = 0, h.slots - 1 do
  local text = h['slot:' .. i]
  local who, seen, replicas, class, since, b, c, order =
    string.match(text or '', '^(%S+) (%d+) (%d+) (%d+) (%-?%d+) (%d+) (%d+) ?(%S*)')
  seen, replicas, class, b, c = whole(seen, now), whole(replicas, SLOTS), whole(class, 9), whole(b, COUNTS), whole(c, COUNTS)
  if text and not (seen and replicas and class and b and c and #who <= 64 and #since <= 16 and #order <= 1024) then
    forget('slot:' .. i)
    who = nil
  end
  if who == a.replica then mine = i
  elseif not who or now - seen > a.lease then
    free = free or i
    if i == a.slot then hint = i end
  else
    size = math.max(size, i + 1, replicas)
    if now - seen < 2 * a.interval then                    -- it called recently, so its request still counts
      blocks, callers = math.min(blocks + b, BLOCKS), math.min(callers + c, BLOCKS)
      queues[#queues + 1] = table.concat({b, c, order}, ' ')
      outbid = outbid or rank(class) < rank(a.class) or (class == WAIT and a.class == WAIT and tonumber(since) < a.since)
    end
  end
end
if not mine and a.slot >= h.slots then hint = a.slot end
mine = mine or hint or free or h.slots                     -- a replica keeps its slot, even when Redis has lost all state
mine = math.min(mine, SLOTS - 1)                           -- the next call would treat more slots as odd
raise('slots', mine + 1)
size = math.max(size, mine + 1)
if h.previous == 0 or h.cycled == 0 then h.cycle = 0 end    -- one of the three alone is useless
if h.cycle == 0 or (size ~= h.cycle and now - h.cycled >= a.settle) then
  put('previous', h.cycle > 0 and h.cycle or size)         -- a replica that does not know of the change yet uses this one
  put('cycle', size)
  put('cycled', now)
end
local function bid(class, since)
  put('slot:' .. mine, table.concat({a.replica, now, a.replicas, class, since, a.blocks, a.callers, a.order}, ' '))
end
bid(a.class, a.since)
-- 4. Renew the leases of requests in flight: each call of a replica renews its own --------------------------------------------------------
-- The field of a window has another name: an older script keeps it as unknown. A flight with so high a number would be odd to it.
local function lease(number) return (number > BLOCKS and 'window:' or 'flight:') .. number end
local function leased(name) return string.match(name, '^flight:(.*)$') or string.match(name, '^window:(.*)$') end
local flights = {}
for name, value in pairs(h) do
  local block = leased(name)
  if block then
    local who, since, till = string.match(value, '^(%S+) (%d+) (%d+)$')
    since, till = whole(since, now), whole(till, TIMES)
    if not (since and till and #who <= 64 and whole(block, NONE) and block == tostring(tonumber(block))) then forget(name)
    else
      if who == a.replica and string.find(a.flights, ',' .. block .. ',', 1, true) then till = math.huge end
      local ends = math.min(till, now + 2 * a.interval)
      if ends ~= whole(string.match(value, '%d+$'), TIMES) then put(name, table.concat({who, since, ends}, ' ')) end
      if ends <= now then drop(name) else flights[block] = true end
    end
  end
end
if #odd > 0 then raise('next', now + 2 * a.interval) end   -- a deleted value may have been the last permit
raise('next', h.open)                                      -- it repeats 'next': the loss of one of them opens nothing early
-- 5. Execute the operation ----------------------------------------------------------------------------------------------------------------
local outcome, value = 'ok', 0
local function newest(block) return whole(read('HGET', KEYS[2], block), now) or 0 end
local function grant(class)
  put('number', h.number + 1)
  put('next', now + a.interval)
  put('last', class)
  bid(0, 0)                                                -- the replica sends its next request with its next call
  outcome, value = 'granted', h.number
end
if a.op == 'claim' then
  local open = math.max(h.next, h.quiet, h.pause)
  local at = newest(a.block)
  if at > a.known then outcome, value = 'newer', at
  elseif flights[tostring(a.block)] then outcome = 'under way'
  elseif now < open then outcome, value = 'wait', open - now
  elseif outbid and now < open + a.grace then outcome, value = 'wait', open + a.grace - now -- first the one with the higher priority
  else
    grant(a.class)
    if a.block < NONE then put(lease(a.block), table.concat({a.replica, now, now + 2 * a.interval}, ' ')) end
  end
elseif a.op == 'write' then                                -- a late request: is its permit still the last one, or another one available?
  local shut = math.max(h.quiet, h.pause)
  local open = math.max(h.next, shut)
  if a.number > 0 and a.number == h.number and now >= shut then -- 0 is no permit
    raise('next', now + a.interval)
    outcome, value = 'granted', h.number
  elseif now >= open then grant(h.last)                    -- with the priority of the permit it was too late for, as far as known
  else outcome, value = 'wait', open - now end
elseif a.op == 'written' then                              -- on a new connection only the response proves the arrival
  raise('next', now + a.interval * (a.new == 1 and 2 or 1))
elseif a.op == 'arrived' then                              -- it has arrived, and no permit was granted since
  if a.number > 0 and a.number == h.number and h.next > now + a.interval then put('next', now + a.interval) end
elseif a.op == 'end' then                                  -- 0 failed, 1 fetched, 2 fetched and stored
  local held = h[lease(a.block)]
  if held and string.match(held, '%S+') == a.replica then drop(lease(a.block)) end
  if a.came > 0 then
    for _, kind in ipairs({'throttled', 'exceeded'}) do    -- a response to a request from before the pause does not count
      if a.fetched >= h[kind .. ':began'] then put(kind .. ':count', 0) end
    end
  end
  if a.came == 2 then
    local at = newest(a.block)
    if a.fetched > at then                                 -- a late copy never replaces a newer one
      redis.call('HSET', KEYS[2], a.block, a.fetched)
      read('LRANGE', KEYS[3], 0, 0)                        -- a key of another type would make the next line fail
      redis.call('LPUSH', KEYS[3], a.block .. ' ' .. a.fetched)
      redis.call('LTRIM', KEYS[3], 0, 63)
      put('news', h.news + 1)
      outcome, value = 'stored', at
    else outcome, value = 'late', at end
  end
elseif a.op == 'pause' then                                -- each refusal after a pause doubles the next; earlier requests do not count
  local wait = 0
  if a.fetched >= h[a.kind .. ':began'] then
    wait = math.min(a.first * 2 ^ math.min(h[a.kind .. ':count'], 30), a.most)
    put(a.kind .. ':count', h[a.kind .. ':count'] + 1)
    put(a.kind .. ':began', now)
  end
  wait = math.min(math.max(wait, a.asked), a.longestpause)
  if now + wait > h.pause then
    put('pause', now + wait)                               -- it is never shortened
    put('why', a.kind)
  end
elseif a.op == 'leave' then
  put('slot:' .. mine, a.replica .. ' 0 0 0 0 0 0')
end
-- 6. Write the state and return the changes -----------------------------------------------------------------------------------------------
if h.open ~= h.next then put('open', h.next) end
local fields, gone, flying = {}, {}, {}
for name, value in pairs(changed) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
for name in pairs(dropped) do gone[#gone + 1] = name end
inchunks('HSET', KEYS[1], fields)
inchunks('HDEL', KEYS[1], gone)
for name, value in pairs(h) do
  local block = leased(name)
  if block then flying[#flying + 1] = block .. ' ' .. value end
end
local missed = h.news - a.news                             -- changes that the caller has not received
local all = a.epoch ~= h.epoch or missed < 0 or missed > 64
local news, changes = {}, not all and missed > 0 and read('LRANGE', KEYS[3], 0, missed - 1) or {}
if not all then
  for i = 1, missed do                                     -- if one is missing, return all copies instead
    local block, at = string.match(changes[i] or '', '^(%d+) (%d+)$')
    all = all or not (whole(block, BLOCKS) and whole(at, now))
    news[i] = changes[i]
  end
end
if all then
  local copies, old = read('HGETALL', KEYS[2]), {}
  news = {}
  for i = 1, #copies, 2 do
    local at = whole(copies[i], BLOCKS) and whole(copies[i + 1], now)
    if not at then note('blocks') end
    if not at or now - at > a.keep then old[#old + 1] = copies[i] end
    if at then
      news[#news + 1] = copies[i]
      news[#news + 1] = copies[i + 1]
    end
  end
  inchunks('HDEL', KEYS[2], old)
end
local log = a.log ~= '' and redis.pcall('HMGET', a.log, 'epoch', 'top', 'chain') or {}
local hash = '^' .. string.rep('[0-9a-f]', 16) .. '$'      -- it stays text: a number of Lua would lose bits of it
if log.err or not (whole(log[1], TIMES) and whole(log[2], COUNTS) and string.find(log[3] or '', hash)) then log = {} end
return {
  'outcome', outcome, 'value', value, 'now', now, 'tick', h.tick, 'epoch', h.epoch,
  'next', h.next, 'quiet', h.quiet, 'pause', h.pause, 'why', h.why or '', 'last', h.last, 'number', h.number,
  'slot', mine, 'cycle', h.cycle, 'previous', h.previous, 'cycled', h.cycled, 'generation', h.generation,
  'blocks', blocks, 'callers', callers,                    -- read only by gateways that do not know 'queues'
  'flights', flying, 'news', h.news, 'all', all and 1 or 0, 'changes', news, 'queues', queues, 'odd', odd,
  'log', log,
}
