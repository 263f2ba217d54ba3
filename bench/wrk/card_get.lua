-- POST /v4/card/get of a random known token. Arguments: the Authorization header's value, a file with "token customer"
-- on each line.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")

sent = 0

function init(args)
   math.randomseed(thread_number * 15485863)
   requests = {}
   for line in io.lines(args[2]) do
      local token, customer = line:match("^(%S+) (%S+)$")
      local body = '{"card_reference":"token_' .. token .. '","customer_id":"' .. customer .. '"}'
      requests[#requests + 1] = bench.head("POST", "/v4/card/get", { ["Authorization"] = args[1] }, #body) .. body
   end
end

function request()
   sent = sent + 1
   return requests[math.random(#requests)]
end
