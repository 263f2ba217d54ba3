-- GET /pg/orders/{id} of a random known order. Arguments: client id, secret, then triples of
-- prefix, thread number, highest number, as create_order.lua made them.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   math.randomseed(thread_number * 7919)
   tail = bench.head("GET", "@", bench.headers(args[1], args[2])):gsub("^GET @", "")
   runs, highest = {}, {}
   for i = 3, #args - 2, 3 do
      runs[#runs + 1] = "GET /pg/orders/" .. args[i] .. args[i + 1] .. "-"
      highest[#highest + 1] = tonumber(args[i + 2])
   end
end

function request()
   sent = sent + 1
   local run = math.random(#runs)
   -- Number 1 of the first thread is what wrk makes to look at, and never sends.
   return string.format("%s%09d%s", runs[run], math.random(2, highest[run]), tail)
end
