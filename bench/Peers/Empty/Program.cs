// What "dotnet new web" makes: the least that an ASP.NET Core application is.
var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "Hello World!");
app.Run();
