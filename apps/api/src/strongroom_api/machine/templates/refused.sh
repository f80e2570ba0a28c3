#!/bin/sh
echo 'strongroom: this registration command was used, has expired or never existed; create a new one' >&2
exit 1
