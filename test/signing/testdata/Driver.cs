using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

static class Driver
{
    static void Main()
    {
        var lines = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        for (string line; (line = lines.ReadLine()) != null;)
        {
            var f = line.Split('\t');
            var parameters = new Dictionary<string, string>();
            for (var i = 4; i < f.Length; i += 2) parameters[f[i]] = f[i + 1];
            switch (f[0])
            {
                case "v5": Console.WriteLine(Signature.V5(f[1], parameters, f[2], f[3])); break;
                case "v3": Console.WriteLine(Signature.V3(f[1], f[2])); break;
                case "openapi": Console.WriteLine(Signature.OpenAPI(f[1], f[2], parameters, f[3])); break;
            }
        }
    }
}
