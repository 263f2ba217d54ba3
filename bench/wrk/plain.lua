-- GET of the URL as it is: the yardstick.
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
dofile(here .. "/common.lua")
