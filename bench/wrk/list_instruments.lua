-- GET the saved cards of a random known customer. Arguments: client id, secret, a file with "customer instrument" on
-- each line.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   math.randomseed(thread_number * 32452843)
   requests = {}
   for line in io.lines(args[3]) do
      requests[#requests + 1] = bench.head("GET", "/pg/customers/" .. line:match("^(%S+) ")
         .. "/instruments?instrument_type=card", bench.headers(args[1], args[2]))
   end
end

function request()
   sent = sent + 1
   return requests[math.random(#requests)]
end
