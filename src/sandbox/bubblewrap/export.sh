# Runs in the namespaces of enter.sh, beside the sandbox, and leaves out .git at any depth.
# full: prints a tar of all files, links and folders of the workspace. delta: prints three things about the overlay's upper folder,
# one after the other: type and name of every entry, each with a NUL, then a NUL; a tar of its folders with the overlay's
# attributes; a tar of its files, links and folders. What set-up commands made is left out of every tar of contents.
contents() {
  if [ -e /sys/layers/names ]; then set -- --anchored --no-wildcards --exclude-from=/sys/layers/names; else set --; fi
  find . -mindepth 1 \( -name .git -prune -o \( -type f -o -type l -o -type d \) -printf '%P\0' \) |
    tar --create --format=pax "$@" --no-recursion --hard-dereference --owner=0 --group=0 --numeric-owner \
      --pax-option=delete=atime,delete=ctime --null --files-from=- --file=-
}

if [ "$1" = full ]; then
  cd /sys/merged && contents
  exit
fi
cd /sys/upper || exit
find . -mindepth 1 \( -name .git -prune -o -printf '%y%P\0' \) && printf '\0' &&
  find . -mindepth 1 \( -name .git -prune -o -type d -printf '%P\0' \) |
  tar --create --blocking-factor=1 --format=pax --xattrs --xattrs-include='user.overlay.*' \
    --pax-option=delete=atime,delete=ctime,delete=mtime --no-recursion --null --files-from=- --file=- &&
  contents
