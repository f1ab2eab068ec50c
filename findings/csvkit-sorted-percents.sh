#!/usr/bin/env bash
# csvkit 2.2.0 (pip install csvkit): csvsort doesn't only sort. A column of 50% and 5% comes out as 50 and 5, $5 as 5,
# 1:30 as 0:01:30, the names None and NA as nothing, and a column of 1 and 0 as True and False. csvcut and csvgrep leave all
# of it as it is: which of the tools reads values and writes them anew is told by no output, and exit code 0.
# (Guess: the same lines in another order.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q csvkit==2.2.0 agate==1.14.2
printf 'id,rate,price,gap,name,flag\n2,50%%,$5,1:30,None,1\n1,5%%,$10,2:00,Bow,0\n' > item.csv
venv/bin/csvcut -c id,rate,price,gap,name,flag item.csv | cmp - item.csv
venv/bin/csvsort -c id item.csv | tee sorted.csv
printf 'id,rate,price,gap,name,flag\n1,5,10,0:02:00,Bow,False\n2,50,5,0:01:30,,True\n' | cmp - sorted.csv
