import PilotTransport

extension BeaconLink {
  /// The times.
  public struct Configuration: Sendable, Equatable {
    /// How long a node waits for the beacon's answer, and then for the first frame through it, before it says that it is
    /// unreachable. Over UDP. Default 2 s.
    public var patience: Duration = .seconds(2)
    /// From the first question to all of a beacon's addresses to the second one; doubles from each to the next, up to
    /// the interval of the registration. Default 250 ms.
    public var askAgain: Duration = .milliseconds(250)
    /// From one frame to itself to the next, while none comes back; doubles up to 10 s. Default 250 ms.
    public var probeAgain: Duration = .milliseconds(250)
    /// From one look-up of a silent beacon's name to the next; doubles up to the interval of the registration. Default 5 s.
    public var resolveAgain: Duration = .seconds(5)
    /// After how many announcements in a row without an answer a node that was ready is unreachable. Default 3: seven
    /// seconds of silence, or one and a half if ICMP reports that nothing listens.
    public var lossLimit = 3
    /// When the node announces itself over UDP.
    public var registration = RegistrationSchedule.Configuration()
    /// When it does over WSS.
    public var announcement = AnnouncementSchedule.Configuration()

    /// The defaults.
    public init() {}

    /// What is due again at once is due without end.
    ///
    /// - Throws: `.invalidConfiguration`, with the name of the field.
    func validate() throws(TransportError) {
      let durations: [(String, Duration)] = [
        ("askAgain", askAgain), ("probeAgain", probeAgain), ("resolveAgain", resolveAgain),
        ("registration.interval", registration.interval),
        ("registration.retry", registration.retry), ("registration.unreachableRetry", registration.unreachableRetry),
        ("announcement.interval", announcement.interval), ("announcement.retry", announcement.retry),
      ]
      for (name, duration) in durations where duration <= .zero {
        throw TransportError(
          code: .invalidConfiguration, message: "times.\(name) is \(duration) and must be more than nothing")
      }
      if lossLimit < 1 {
        throw TransportError(
          code: .invalidConfiguration, message: "times.lossLimit is \(lossLimit) and must be 1 or more"
        )
      }
    }
  }
}
