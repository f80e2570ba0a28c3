[Console]::Error.WriteLine('strongroom: this bootstrap link was used, has expired or never existed: make a new one')
exit 1
