-- Writes to the log that all replicas share, if it still is as the caller has read it: compare and write in one atomic step.
-- KEYS[1]  a hash with these fields:
--            epoch, top, chain  the log's number, its newest entry's number and hash
--            checkpoints        one line for each, the newest first: "id number pieces …"
--            <number>           an entry
--            <id>:<n>           piece n of a checkpoint, counted from 0; written before the checkpoint is in 'checkpoints'
-- ARGV     lifetime (ms), number of fields to compare, then name, value, … of these, then name, value, … to write
local key, lifetime, compared = KEYS[1], ARGV[1], 2 + 2 * ARGV[2]
local LENGTH = 4 * 1024 * 1024                              -- a longer value counts as missing, as it does for readers
local NAMES = {epoch = true, top = true, chain = true, checkpoints = true}

-- 1. Compare. An empty value stands for a missing field.
for i = 3, compared, 2 do
  local value = redis.call('HSTRLEN', key, ARGV[i]) <= LENGTH and redis.call('HGET', key, ARGV[i]) or ''
  if value ~= ARGV[i + 1] then return 0 end
end

-- 2. The new checkpoint needs all of its pieces: another replica may have removed some of them (4) before this step.
local written = {}
for i = compared + 1, #ARGV, 2 do written[ARGV[i]] = ARGV[i + 1] end
local id, pieces = string.match(written.checkpoints or '', '^(%x+) %d+ (%d+)')
for piece = 0, (pieces or 0) - 1 do
  if redis.call('HEXISTS', key, id .. ':' .. piece) == 0 then return 0 end
end

-- 3. Write.
for name, value in pairs(written) do redis.call('HSET', key, name, value) end
redis.call('PEXPIRE', key, lifetime)

-- 4. With new checkpoints, remove what none of them needs: older entries, pieces of others, fields of other programs.
if written.checkpoints then
  local top, oldest, kept = tonumber(redis.call('HGET', key, 'top')), math.huge, {}
  for id, number in string.gmatch(written.checkpoints, '(%x+) (%d+)[^\n]*') do
    oldest, kept[id] = math.min(oldest, tonumber(number)), true
  end
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local number, id = tonumber(string.match(name, '^%d+$')), string.match(name, '^(%x+):%d+$')
    local isneeded = NAMES[name] or (number and number > oldest and number <= top) or (id and kept[id])
    if not isneeded then redis.call('HDEL', key, name) end
  end
end
return 1
