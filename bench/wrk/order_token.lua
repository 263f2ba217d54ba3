-- POST /api/v2/cftoken/order, another order id each time. Arguments: client id, secret, prefix.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   local before = '{"orderId":"' .. args[3] .. thread_number .. '-'
   local after = '","orderAmount":10.15,"orderCurrency":"INR"}'
   local headers = bench.headers(args[1], args[2])
   front = bench.head("POST", "/api/v2/cftoken/order", headers, #before + 9 + #after) .. before
   back = after
end

function request()
   sent = sent + 1
   return string.format("%s%09d%s", front, sent, back)
end
