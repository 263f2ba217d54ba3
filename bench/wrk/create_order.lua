-- POST /pg/orders. Arguments: client id, secret, prefix of the order ids ("-": let the server make them).
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

local rest = '"order_amount":10.15,"order_currency":"INR","customer_details":{"customer_id":"7112AAA812234",'
   .. '"customer_email":"john@cashfree.com","customer_phone":"9908734801","customer_name":"John Doe"},'
   .. '"order_meta":{"return_url":"https://www.cashfree.com/devstudio/thankyou","payment_methods":"cc,dc"},'
   .. '"order_note":"Test order"}'

function init(args)
   local headers = bench.headers(args[1], args[2])
   if args[3] == "-" then
      local body = "{" .. rest
      whole = bench.head("POST", "/pg/orders", headers, #body) .. body
      return
   end
   local before = '{"order_id":"' .. args[3] .. thread_number .. '-'
   local after = '",' .. rest
   front = bench.head("POST", "/pg/orders", headers, #before + 9 + #after) .. before
   back = after
end

function request()
   sent = sent + 1
   if whole then
      return whole
   end
   return string.format("%s%09d%s", front, sent, back)
end
