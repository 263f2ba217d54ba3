-- POST /pg/orders for known customers; each order's payment session goes into a file with its customer's instrument.
-- Arguments: client id, secret, prefix of the order ids, a file with "customer instrument" on each line, a prefix of
-- the files to write, one for each thread.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   math.randomseed(thread_number * 179424673)
   headers = bench.headers(args[1], args[2])
   prefix = args[3] .. thread_number .. "-"
   customers, instruments = {}, {}
   for line in io.lines(args[4]) do
      local customer, instrument = line:match("^(%S+) (%S+)$")
      customers[#customers + 1] = customer
      instruments[customer] = instrument
   end
   out = io.open(args[5] .. thread_number, "w")
end

function request()
   sent = sent + 1
   local body = string.format('{"order_id":"%s%09d","order_amount":10.15,"order_currency":"INR","customer_details":'
      .. '{"customer_id":"%s","customer_phone":"9908734801"}}', prefix, sent, customers[math.random(#customers)])
   return bench.head("POST", "/pg/orders", headers, #body) .. body
end

function response(status, _, body)
   if status == 200 then
      local session = body:match('"payment_session_id":"([^"]+)"')
      out:write(session, " ", instruments[body:match('"customer_id":"([^"]+)"')], "\n")
      out:flush()
   end
end
