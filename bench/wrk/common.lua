-- What every wrk script here shares: raw requests built once, and a last line that a program can read.

bench = { threads = {}, counters = {} }

function setup(thread)
   table.insert(bench.threads, thread)
   thread:set("thread_number", #bench.threads)
end

-- A complete HTTP request with `body` (or none), ready to be sent as it is.
function bench.head(method, path, headers, length)
   local lines = { method .. " " .. path .. " HTTP/1.1", "Host: " .. wrk.host .. ":" .. wrk.port }
   for name, value in pairs(headers) do
      lines[#lines + 1] = name .. ": " .. value
   end
   if length then
      lines[#lines + 1] = "content-type: application/json"
      lines[#lines + 1] = "content-length: " .. length
   end
   return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

function bench.headers(id, secret)
   return { ["x-client-id"] = id, ["x-client-secret"] = secret, ["x-api-version"] = "2025-01-01" }
end

function done(summary, latency)
   local sent = {}
   for _, thread in ipairs(bench.threads) do
      sent[#sent + 1] = tostring(thread:get("sent") or 0)
   end
   local further = ""
   for _, name in ipairs(bench.counters) do        -- globals of a script that are summed over its threads
      local sum = 0
      for _, thread in ipairs(bench.threads) do
         sum = sum + thread:get(name)
      end
      further = further .. string.format(',"%s":%d', name, sum)
   end
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d,'
      .. '"socket_errors":%d,"status_errors":%d,"sent":[%s]%s}\n',
      summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(90),
      latency:percentile(99), latency.max, errors.connect + errors.read + errors.write + errors.timeout,
      errors.status, table.concat(sent, ","), further))
end
