import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

final class Driver {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] f = line.split("\t", -1);
            Map<String, String> params = new HashMap<>();
            for (int i = 4; i < f.length; i += 2) params.put(f[i], f[i + 1]);
            switch (f[0]) {
                case "v5": System.out.println(Signature.v5(f[1], params, f[2], f[3])); break;
                case "v3": System.out.println(Signature.v3(f[1], f[2])); break;
                case "openapi": System.out.println(Signature.openAPI(f[1], f[2], params, f[3])); break;
            }
        }
    }
}
