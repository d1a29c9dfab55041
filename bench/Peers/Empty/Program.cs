// The application that "dotnet new web" creates: the minimum of ASP.NET Core.
var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "Hello World!");
app.Run();
