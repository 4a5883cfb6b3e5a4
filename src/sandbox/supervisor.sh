# The first process of a sandbox: bash where there is one, else any POSIX shell. It needs head or dd, nothing more.
#
# fd 3: our requests. fd 6: its replies. fd 4: input of the agent's shell. fd 5: what commands print.
#
# Started without an argument, it finds 3 (a socket, both ways), 4 and 5 open and does all of it. A container gives us fewer
# ways in, so there it is two processes: "serve", the first one, with 3 and 6 as its standard input and output, and "shell", started
# beside it, with 4 and 5, which is started again from outside when it is killed.
#
# A child (serve) answers requests. The first process itself only opens the agent's shell whenever it has ended, so that even
# kill -9 -1, from which the kernel spares process 1, leaves somebody who opens both again. The agent's shell gets
# neither fd 3 nor the secret: nothing that it prints can pass for word of the supervisor.
#
# The first line on fd 3: the secret, the most processes, the most KiB of data a process (-: no limit). A new shell throws away
# its input up to the line "#<secret>": what is left there was meant for the shell before it. A reply ends with a line of
# the request's nonce and a status; where a write failed, a line with the nonce tells us where its bytes end.

case $1 in
serve) exec 3<&0 6>&1 ;;
shell) exec 4<&0 5>&1 ;;
*) exec 6>&3 ;;
esac
exec </dev/null >/dev/null 2>&1
trap '' HUP INT QUIT USR1 USR2 PIPE ALRM TERM
# A file over its limit is to be an error that programs report, not the end of the shell.
trap '' XFSZ
umask 022
LC_ALL=C
nl='
'
case $1 in
shell) IFS=' ' read -r secret processes data <&4 || exit 0 ;;
*) IFS=' ' read -r secret processes data <&3 || exit 0 ;;
esac
IFS=$nl

say() { printf '\n%s %s\n' "$secret" "$*" >&5; }

agent_shell() {
  trap - HUP INT QUIT USR1 USR2 PIPE ALRM TERM
  exec 3>&- 6>&-
  IFS=' ' read -r pid rest </proc/self/stat
  IFS=$nl
  say "opened $pid"
  while IFS= read -r line <&4 || exit 0; do [ "$line" = "#$secret" ] && break; done
  [ "$processes" = - ] || ulimit -u "$processes" || ulimit -p "$processes"
  [ "$data" = - ] || ulimit -d "$data"
  echo 500 >/proc/self/oom_score_adj
  cd /testbed
  LC_ALL=C.UTF-8
  unset IFS secret processes data nl pid rest line status server take ended own HOSTNAME container TERM
  if command -v bash; then exec bash <&4 4<&- 9>&5 5>&-; fi
  exec sh <&4 4<&- 9>&5 5>&-
}

reply() {
  answered=yes
  printf '\n%s %s\n' "$1" "$2"
}

# Passes over bytes that nobody takes, up to the line that says where they end.
skip_to() { while IFS= read -r line <&3 && [ "$line" != "$1" ]; do :; done; }

# Says in the words of strerror why a path can not be used as a file.
why_not() {
  if [ -d "$1" ]; then printf 'Is a directory'; return; fi
  if [ -e "$1" ]; then printf 'Not a regular file'; return; fi
  parent=$1
  while [ -n "$parent" ]; do
    parent=${parent%/*}
    if [ -d "$parent/" ] && [ -x "$parent/" ]; then break; fi
    if [ -d "$parent/" ]; then printf 'Permission denied'; return; fi
    if [ -e "$parent" ]; then printf 'Not a directory'; return; fi
  done
  printf 'No such file or directory'
}

# nonce path
kind_of() {
  if [ -d "$2" ]; then printf directory; elif [ -f "$2" ]; then printf file; elif [ -e "$2" ]; then printf other; fi
  reply "$1" 0
}

# nonce folder, without a slash at its end
list_folder() {
  if [ ! -d "$2/" ]; then
    if [ -e "$2" ]; then printf 'Not a directory'; else why_not "$2"; fi
    reply "$1" 1
    return
  fi
  if [ ! -r "$2/" ] || [ ! -x "$2/" ]; then printf 'Permission denied'; reply "$1" 1; return; fi
  for entry in "$2"/*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    printf '%s\0' "$entry"
    if [ ! -d "$entry" ] || [ -L "$entry" ]; then continue; fi
    for inner in "$entry"/*; do
      if [ -e "$inner" ] || [ -L "$inner" ]; then printf '%s\0' "$inner"; fi
    done
  done
  reply "$1" 0
}

# nonce bytes path
read_file() {
  if [ ! -f "$3" ]; then why_not "$3"; reply "$1" 1; return; fi
  head -c "$2" <"$3"
  reply "$1" "$?"
}

# Some heads take more from a pipe than they were asked for; dd does not.
learn_take() {
  [ -z "$take" ] || return
  take=$(printf ab | { head -c 1 >/dev/null; head -c 1; })
  if [ "$take" = b ]; then take=head; else take=dd; fi
}

# bytes path
take_to() {
  if [ "$1" = 0 ]; then
    true >"$2"
  elif [ "$take" = head ]; then
    head -c "$1" <&3 >"$2"
  else
    dd bs="$1" count=1 iflag=fullblock <&3 >"$2"
  fi
}

# nonce bytes path
write_file() {
  learn_take
  if [ -e "$3" ] && [ ! -f "$3" ]; then
    why_not "$3"
    status=1
  elif [ ! -e "$3" ] && [ ! -d "${3%/*}/" ]; then
    why_not "$3"
    status=1
  else
    take_to "$2" "$3"
    status=$?
  fi
  reply "$1" "$status"
  [ "$status" = 0 ] || skip_to "$1"
}

folder_of() { { cd -P "/proc/$1/cwd" && pwd -P; cd /; } 2>/dev/null; }

# Sets found to the living descendants of a process.
descendants() {
  found='' family=" $1 " grown=1
  while [ -n "$grown" ]; do
    grown=''
    for process in /proc/[0-9]*; do
      pid=${process#/proc/}
      case $family in *" $pid "*) continue ;; esac
      { IFS= read -r line <"$process/stat"; } 2>/dev/null || continue
      line=${line##*\) }
      case $line in Z*) continue ;; esac
      line=${line#? }
      case $family in *" ${line%% *} "*) family="$family$pid " found="$found$nl$pid" grown=1 ;; esac
    done
  done
}

# nonce shell
kill_descendants() {
  folder_of "$2"
  rounds=0
  while descendants "$2" && [ -n "$found" ] && [ "$rounds" -lt 8 ]; do
    kill -9 $found 2>/dev/null
    rounds=$((rounds + 1))
  done
  reply "$1" 0
}

# nonce shell: ends all but process 1 and this one, and waits until they are gone.
kill_all() {
  folder_of "$2"
  { IFS=' ' read -r self line </proc/self/stat; } 2>/dev/null
  nonce=$1
  set -- /proc/[0-9]*
  kill -9 -1 2>/dev/null
  for process; do
    case $process in /proc/1 | "/proc/$self") continue ;; esac
    rounds=0
    while [ -e "$process" ] && [ "$rounds" -lt 3000 ]; do
      rounds=$((rounds + 1))
      [ "$rounds" -lt 2000 ] || sleep 0.005
    done
  done
  reply "$nonce" 0
}

# A shell that cannot fork gives up what it does. "command eval" keeps that from ending the shell; shells of ash's family then come
# out of it in a copy as well, which must end.
learn_own() { IFS=' ' read -r own line </proc/self/stat; }
end_copy() { [ /proc/self/ -ef "/proc/$own/" ] || exit 2; }

serve() {
  learn_own
  exec >&6 2>&1
  while IFS= read -r line <&3; do
    answered=''
    command eval "$line"
    end_copy
    [ -z "$answered" ] || continue
    request=${line%% *}
    nonce=${line#* }
    nonce=${nonce%% *}
    reply "$nonce" 1
    [ "$request" != write_file ] || skip_to "$nonce"
  done
  kill -9 -1
  exit 9
}

# The first process of a container. Where nothing can be started any more, all that runs makes place.
keep_serving() {
  learn_own
  while :; do
    server=''
    command eval 'serve & server=$!'
    end_copy
    if [ -z "$server" ]; then kill -9 -1; continue; fi
    wait "$server"
    [ "$?" = 9 ] && exit 0
  done
}

# Beside the first process of a container. What an earlier one left goes first.
keep_shell() {
  learn_own
  [ "$2" != again ] || kill -9 -1
  while :; do
    ended=''
    command eval '(agent_shell); ended=$?'
    end_copy
    if [ -z "$ended" ]; then kill -9 -1; else say "ended $ended"; fi
  done
}

# After a kill -9 -1 by the agent, the child may be doomed but not gone yet.
server_lives() {
  rounds=0
  while kill -0 "$server" && { IFS= read -r line <"/proc/$server/stat"; }; do
    case ${line##*\) } in Z*) return 1 ;; esac
    if [ "$1" != 137 ] || [ "$rounds" = 5 ]; then return 0; fi
    rounds=$((rounds + 1))
    sleep 0.01
  done
  return 1
}

case $1 in
serve) keep_serving ;;
shell) keep_shell "$@" ;;
esac

serve &
server=$!
while :; do
  (agent_shell)
  ended=$?
  say "ended $ended"
  server_lives "$ended" && continue
  wait "$server"
  [ "$?" = 9 ] && exit 0
  serve &
  server=$!
done
