using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using NclueGateway.TaskRuns.Changes;

namespace NclueGateway.Tests.Simulation;

/// <summary>A reader of the event stream of a simulated replica. It applies the messages to a list of its own.</summary>
internal sealed class SimulatedStreamReader
{
    private readonly Pipe _connection = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Dictionary<string, string> _names = [];

    public SimulatedStreamReader(SimulatedReplica replica, ChangesOptions options)
    {
        var stream = new OpenStream(default, long.MaxValue, new HttpRequestLifetimeFeature());
        var since = replica.Versions!.Shown!.Version;
        replica.Snapshot!.Advanced += (_, _) => stream.Wake(replica.Process.Time.GetTimestamp());
        replica.Process.Run(() =>
        {
            replica.Interest!.Listen(options.Every);
            _ = replica.CreateStream().SendAsync(stream, since, new EventStreamWriter(_connection.Writer), CancellationToken.None);
        });
    }

    /// <summary>Number of messages with changes.</summary>
    public int Messages { get; private set; }

    /// <summary>Returns the newest name of a run that a message has told; null if none has.</summary>
    public string? NameOf(string id)
    {
        while (_connection.Reader.TryRead(out var read))
        {
            Take(Encoding.UTF8.GetString(read.Buffer));
            _connection.Reader.AdvanceTo(read.Buffer.End);
        }

        return _names.GetValueOrDefault(id);
    }

    private void Take(string messages)
    {
        const string Data = "data: ";
        foreach (var message in messages.Split("\n\n").Where(message => message.Contains("event: changes", StringComparison.Ordinal)))
        {
            var json = message.Split('\n').Single(line => line.StartsWith(Data, StringComparison.Ordinal))[Data.Length..];
            foreach (var change in JsonNode.Parse(json)!["changes"]!.AsArray())
            {
                _names[(string)change!["id"]!] = (string?)change["run"]?["name"] ?? "";
            }

            Messages++;
        }
    }
}
