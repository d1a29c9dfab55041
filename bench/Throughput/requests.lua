-- For wrk: the same page again and again, with one token after the other of a file, so that no caller's quota is met.
-- Arguments: the file, a token a line; then, if it is to be asked conditionally, an ETag.
local requests, number = {}, 0

function init(args)
  for token in io.lines(args[1]) do
    local headers = { Authorization = "Bearer " .. token }
    if args[2] then
      headers["If-None-Match"] = args[2]
    end
    requests[#requests + 1] = wrk.format("GET", nil, headers)
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end

-- Requests, microseconds that they took in all, the 50th and 99th percentile in microseconds, and what was answered with 400 or more or not at all.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
