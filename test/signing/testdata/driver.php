while (($line = fgets(STDIN)) !== false) {
    $f = explode("\t", rtrim($line, "\n"));
    $params = [];
    for ($i = 4; $i < count($f); $i += 2) {
        $params[$f[$i]] = $f[$i + 1];
    }
    switch ($f[0]) {
        case 'v5': echo sign_v5($f[1], $params, $f[2], $f[3]), "\n"; break;
        case 'v3': echo sign_v3($f[1], $f[2]), "\n"; break;
        case 'openapi': echo sign_openapi($f[1], $f[2], $params, $f[3]), "\n"; break;
    }
}
