-- POST generateTokenData for a random known token, signed anew each time. Arguments: mid, merchant key, prefix of the
-- request ids, a file with "token customer" on each line.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")
dofile(here .. "/paytm.lua")

sent = 0

function init(args)
   math.randomseed(thread_number * 104729)
   mid, prefix = args[1], args[3] .. thread_number .. "-"
   paytm.start(args[2])
   bodies = {}
   for line in io.lines(args[4]) do
      local token, customer = line:match("^(%S+) (%S+)$")
      bodies[#bodies + 1] = '{"mid":"' .. mid .. '","paymentType":"ECOM","tokenIndexNumber":"' .. token
         .. '","userInfo":{"custId":"' .. customer .. '"},"orderID":"'
   end
   base = (os.time() % 100000) * 100
end

function request()
   sent = sent + 1
   local id = string.format("%s%09d", prefix, sent)
   local body = bodies[math.random(#bodies)] .. id .. '"}'
   local whole = '{"head":{"version":"v1","requestTimestamp":"1795000000000","requestId":"' .. id
      .. '","signature":"' .. paytm.sign(body, base + sent) .. '","signatureType":"CHECKSUM"},"body":' .. body .. "}"
   return "POST /coft-center/coft/merchant/" .. mid .. "/token/generateTokenData?requestId=" .. id
      .. " HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\ncontent-length: " .. #whole .. "\r\n\r\n"
      .. whole
end
