#!/usr/bin/env bash
# protoc 3.21.12 (apt install protobuf-compiler): a file with a name of another script, 아이템.proto, gives a C# file called
# `.cs` and a Java file called `.java`, without a warning, and exit code 0. Unity, and everything else that leaves out
# hidden files, compiles none of its messages. A second one, 몬스터.proto, has the same name: given to protoc together it is
# refused ("Tried to write the same file twice"), one after the other it overwrites the first. For Python, Go and C++ the
# same file keeps its name.
# (Guess: 아이템.cs, or an error that names the file.)
# Exits 0 while that is so, 1 once it isn't, 2 where protoc is another one: then it says nothing of this version.
set -euo pipefail
version=$(protoc --version 2>/dev/null) || version="none"
if [ "$version" != "libprotoc 3.21.12" ]; then
  echo "tried with libprotoc 3.21.12, and here is $version" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'syntax = "proto3";\npackage game;\nmessage Item { int32 id = 1; }\n' > 아이템.proto
printf 'syntax = "proto3";\npackage game;\nmessage Monster { int32 id = 1; }\n' > 몬스터.proto
mkdir csharp java cpp
protoc --csharp_out=csharp --java_out=java --cpp_out=cpp 아이템.proto
find csharp java cpp -type f
[ "$(ls -A csharp)" = .cs ] && [ "$(ls -A java/game)" = .java ] && [ -f cpp/아이템.pb.cc ]
grep -q 'class Item ' csharp/.cs
protoc --csharp_out=csharp 몬스터.proto
if grep -q 'class Item ' csharp/.cs; then exit 1; fi
if protoc --csharp_out=csharp 아이템.proto 몬스터.proto; then exit 1; fi
