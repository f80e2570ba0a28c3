# Registers this machine with Strongroom. The private key never leaves it.
# (We haven't run this script, because we have no Windows machine to test it on.)
#
#   irm @{URL}@{PATH}/TOKEN/ps | iex
$ErrorActionPreference = 'Stop'
$url = '@{URL}'
$token = '@{TOKEN}'
if (-not (Get-Command openssl -ErrorAction SilentlyContinue)) { throw 'strongroom: openssl is required' }
$root = if ($env:STRONGROOM_HOME) { $env:STRONGROOM_HOME } else { Join-Path $HOME '.strongroom' }
$work = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid()))
try {
    $pem = Join-Path $work 'private.pem'
    $der = Join-Path $work 'public.der'
    openssl genpkey -algorithm ed25519 -out $pem
    openssl pkey -in $pem -pubout -outform DER -out $der
    $bytes = [IO.File]::ReadAllBytes($der)
    $public = [Convert]::ToBase64String($bytes, $bytes.Length - 32, 32)
    $body = @{ token = $token; publicKey = $public; hostname = [Net.Dns]::GetHostName() } | ConvertTo-Json
    $answer = Invoke-RestMethod -Method Post -Uri "$url@{PATH}/register" `
        -ContentType 'application/json' -Body $body
    $folder = Join-Path $root "vaults/$($answer.vaultId)"
    if (Test-Path (Join-Path $folder 'identity.json')) { throw "strongroom: an identity already exists: $folder" }
    New-Item -ItemType Directory -Force -Path $folder | Out-Null
    Move-Item $pem (Join-Path $folder 'private.pem')
    @{ machineId = $answer.machineId; machineName = $answer.machineName; vaultId = $answer.vaultId
       apiUrl = $url; privateKeyPath = (Join-Path $folder 'private.pem') } |
        ConvertTo-Json | Set-Content (Join-Path $folder 'identity.json')
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash([Convert]::FromBase64String($public))
    # The fingerprint has two rows of eight groups, as in the dashboard.
    $groups = [BitConverter]::ToString($hash).Replace('-', '').ToLower() -replace '(.{4})(?=.)', '$1 '
    Write-Host "strongroom: registered as $($answer.machineName); waiting for approval`n"
    Write-Host "Compare this fingerprint in the dashboard, at $url/machines/$($answer.machineId)`n"
    Write-Host "    $($groups.Substring(0, 39))`n    $($groups.Substring(40))`n"
    if (-not (Get-Command strongroom -ErrorAction SilentlyContinue)) {
        Write-Host "In the meantime, install the command-line tool:`n"
        Write-Host '    @{INSTALL}'
        Write-Host ''
    }
    Write-Host "Once this machine is approved and has access, list what it can read:`n`n    strongroom list"
} finally { Remove-Item -Recurse -Force $work }
