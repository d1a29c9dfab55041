-- A script for wrk. Requests the same page again and again, or pages all over the list. It uses the tokens of a file in
-- turn, so that no caller exceeds its quota.
-- Arguments: the file with one token per line; then, in any order:
--   ports=…   the ports of the servers, assigned to the threads in turn
--   etag=…    the value of If-None-Match (optional)
--   runs=…    the number of runs over which the pages are spread (optional); without it, every request is for the page
--   of the address
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

-- Writes: requests, duration of the run in microseconds, 50th and 99th percentile of the latency in microseconds, and
-- failed requests.
-- A request failed if its status is 400 or more or if it got no response.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
