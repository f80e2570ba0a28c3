#!/bin/sh
echo 'strongroom: this bootstrap link was used, has expired or never existed: make a new one' >&2
exit 1
