[Console]::Error.WriteLine('strongroom: this registration command was used, has expired or never existed; create a new one')
exit 1
