-- POST /generateToken, the same encrypted card for another customer each time, which makes another token. Arguments:
-- the Authorization header's value, the JWE, prefix of the customers.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   local before = '{"service":"NETWORK_TOKEN","cardData":"' .. args[2]
      .. '","orderData":{"consentId":"bench","customerId":"' .. args[3] .. thread_number .. "-"
   local after = '"},"audit":{"authRefNo":"bench"},"shouldSendToken":true}'
   front = bench.head("POST", "/generateToken", { ["Authorization"] = args[1] }, #before + 9 + #after) .. before
   back = after
end

function request()
   sent = sent + 1
   return string.format("%s%09d%s", front, sent, back)
end
