import PilotWSS

extension CompatListener.Configuration {
  /// The listener's part of a beacon's configuration.
  init(_ settings: BeaconServer.Configuration.WebSocket, tls: ServerTLS?) {
    self.init(address: settings.address, unixTime: WallClock.now)
    self.tls = tls
    maximumConnections = settings.maximumConnections
    outgoing = OutboundQueue.Limits(bytes: settings.outgoingBytes, age: settings.outgoingAge)
    idleLimit = settings.idleLimit
    authenticationLimit = settings.authenticationLimit
  }
}
