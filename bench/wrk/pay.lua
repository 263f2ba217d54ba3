-- Pay with a saved card: POST /pg/orders/sessions, and then its one-time password to .../pay/authenticate. An answer to
-- the first is kept until a connection is free for the second. Arguments: a file with "session instrument" on each
-- line, of which each thread takes every second one.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent, paid, refused = 0, 0, 0
bench.counters = { "paid", "refused" }
local version = { ["x-api-version"] = "2025-01-01" }

function init(args)
   waiting, todo = {}, {}
   local number = 0
   for line in io.lines(args[1]) do
      number = number + 1
      if number % 2 == thread_number % 2 then
         todo[#todo + 1] = line
      end
   end
   otp = '{"action":"SUBMIT_OTP","otp":"111000"}'
   idle = bench.head("GET", "/pg/orders/none", version)
end

function request()
   local id = table.remove(waiting)
   if id then
      return bench.head("POST", "/pg/orders/pay/authenticate/" .. id, version, #otp) .. otp
   end
   local line = table.remove(todo)
   if not line then                   -- this thread has paid all it was given
      wrk.thread:stop()
      return idle
   end
   sent = sent + 1
   local session, instrument = line:match("^(%S+) (%S+)$")
   local body = '{"payment_session_id":"' .. session .. '","payment_method":{"card":{"channel":"post","instrument_id":"'
      .. instrument .. '"}}}'
   return bench.head("POST", "/pg/orders/sessions", version, #body) .. body
end

function response(status, _, body)
   if status ~= 200 then
      return
   end
   local id = body:match('"data":') and body:match('"cf_payment_id":"(%d+)"')
   if id then
      waiting[#waiting + 1] = id
   elseif body:match('"authenticate_status":"SUCCESS"') then
      paid = paid + 1
   else
      refused = refused + 1
   end
end
