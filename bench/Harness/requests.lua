-- For wrk: the same page again and again, or pages all over the list, with one token after the other of a file, so that no caller's quota is met.
-- Arguments: the file, a token a line; then, in any order, what there is of
--   ports=…   the ports of the servers, one after the other for the threads
--   etag=…    the ETag to ask with
--   runs=…    how many runs the pages are spread over; without it, it is the page of the address
local requests, number, pages = {}, 0, nil
local threads = 0

function setup(thread)
  thread:set("place", threads)
  threads = threads + 1
end

function init(args)
  local asked, ports = {}, {}
  for n = 2, #args do
    local name, value = args[n]:match("^(%l+)=(.*)$")
    asked[name] = value
  end
  for port in asked.ports:gmatch("%d+") do
    ports[#ports + 1] = port
  end
  local port = ports[place % #ports + 1]
  wrk.thread.addr = wrk.lookup(wrk.host, port)[1]
  pages = asked.runs and asked.runs / 20
  math.randomseed(place + 1)
  for token in io.lines(args[1]) do
    local headers = { Authorization = "Bearer " .. token, Host = wrk.host .. ":" .. port, ["If-None-Match"] = asked.etag }
    local request = wrk.format("GET", nil, headers)
    if pages then
      local before, after = request:match("^(.-index=)%d+(.*)$")
      request = { before = before, after = after }
    end
    requests[#requests + 1] = request
  end
end

function request()
  number = number % #requests + 1
  local request = requests[number]
  return pages and request.before .. 20 * math.random(0, pages - 1) .. request.after or request
end

-- Requests, microseconds that they took in all, the 50th and 99th percentile in microseconds, and what was answered with 400 or more or not at all.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
