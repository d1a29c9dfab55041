using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NclueGateway.Hosting;

namespace NclueGateway.Tests.Conventions;

public sealed class ConventionTests
{
    private static readonly Assembly Gateway = typeof(GatewayBuilder).Assembly;

    private static readonly Type[] Types =
    [
        .. Gateway.GetTypes()
            .Where(t => t.Namespace?.StartsWith("NclueGateway", StringComparison.Ordinal) == true)
            .Where(t => !t.IsDefined(typeof(CompilerGeneratedAttribute))),
    ];

    /// <summary>The types without components of pages: those are made of their markup, and live for one request.</summary>
    private static readonly Type[] Code = [.. Types.Where(t => !typeof(IComponent).IsAssignableFrom(t) && t.Name != "_Imports")];

    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_class_is_sealed() =>
        Code.Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false }).Select(t => t.FullName).ShouldBeEmpty();

    [Fact]
    public void No_class_is_a_manager() =>
        Types.Where(t => Regex.IsMatch(t.Name, "(?:Manager|Helper|Service|Utils?)$")).Select(t => t.FullName).ShouldBeEmpty();

    [Fact]
    public void No_class_keeps_a_request() =>
        Code.SelectMany(t => t.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(f => f.FieldType == typeof(HttpContext))
            .Select(f => f.DeclaringType!.FullName).ShouldBeEmpty();

    [Fact]
    public void The_gateway_does_not_know_the_sandbox() =>
        Gateway.GetReferencedAssemblies().Select(a => a.Name).ShouldNotContain("Sandbox");

    [Fact]
    public void No_file_has_more_than_300_lines() =>
        TypeReferences.Files().Where(file => File.ReadLines(file).Count() > 300).Select(Path.GetFileName).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_called_back_through_a_settable_property() =>
        Code.SelectMany(type => type.GetProperties(Declared))
            .Where(property => property.CanWrite && typeof(Delegate).IsAssignableFrom(property.PropertyType) && !IsInitOnly(property))
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}")
            .ShouldBeEmpty();

    [Fact]
    public void Log_categories_do_not_follow_the_names_of_types() =>
        Types.SelectMany(type => type.GetConstructors(Declared)).SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => parameter.ParameterType)
            .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ILogger<>))
            .Select(type => type.GetGenericArguments()[0])
            .Where(type => type.Assembly == Gateway && !type.IsDefined(typeof(LogCategoryAttribute)))
            .Select(type => type.Name)
            .ShouldBeEmpty();

    private static bool IsInitOnly(PropertyInfo property) =>
        property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
}
