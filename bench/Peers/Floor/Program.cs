// The floor: Kestrel with the gateway's socket settings, and nothing else. It gets the same requests as the gateway,
// checks nothing, and sends the same bytes and headers to all of them. It is also the origin whose response the other
// peers cache.
//   Floor <port> <file with the body> <file with the headers, one "name: value" per line>
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Primitives;

if (args is not [var port, var bodyFile, var headerFile])
{
    await System.Console.Error.WriteLineAsync("Usage: Floor <port> <body> <headers>");
    return 2;
}

var body = new ReadOnlyMemory<byte>(await File.ReadAllBytesAsync(bodyFile));
var headers = (await File.ReadAllLinesAsync(headerFile))
    .Select(line => line.Split(": ", 2))
    .Select(pair => (Name: pair[0], Value: new StringValues(pair[1])))
    .ToArray();
var builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false).ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Listen(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
});
await using var app = builder.Build();
app.Run(context =>
{
    var response = context.Response;
    foreach (var (name, value) in headers)
    {
        response.Headers[name] = value;
    }

    response.ContentLength = body.Length;
    var written = response.BodyWriter.WriteAsync(body);
    return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
});
await app.RunAsync();
return 0;
