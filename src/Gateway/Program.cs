return await NclueGateway.GatewayCommands.RunAsync(args);
