import PilotTransport
import Synchronization

/// What a driver's tasks do: they keep the time, look names up, and watch network, sleep and transports for the machine.
extension NodeDriver {
  func keepTime() async {
    while !isClosed, !Task.isCancelled {
      tick()
      // Asked for when the outputs have been performed: what a transport refuses is due sooner.
      await alarm.wait(until: machine.withLock { $0.deadline })
    }
  }

  private func tick() {
    let random = Double.random(in: 0..<1)
    guard hasChoice else { return drive { $0.tick(at: .now(), random: random) } }
    let (traffic, isRead) = (traffic(), reading.look())
    drive { machine in
      let now = MonotonicInstant.now()
      machine.counted(traffic, isReading: isRead, at: now)
      machine.tick(at: now, random: random)
    }
  }

  /// Looks a beacon's name up as often as its link wants it, one look-up at a time.
  func keepName(of port: PathPort, _ lookUp: NameLookup) async {
    while true {
      await port.nameAlarm.wait(until: nil)
      if isClosed || Task.isCancelled { return }
      tally.nameLookups.count()
      do throws(TransportError) {
        let addresses = try await lookUp()
        drive { $0.resolved(addresses, of: port.id, at: .now()) }
        alarm.ring()
      } catch {
        // The link asks for it again.
        tally.nameLookupsFailed.count()
      }
    }
  }

  /// Has paths checked when the machine is in another network, as far as the system tells.
  func watchNetwork(by watching: Watching) async {
    await network.look()
    guard let watcher = try? watching.watcher() else { return await network.complete(after: watching.pause) }
    var completing = Task { [network] in await network.complete(after: watching.pause) }
    defer { completing.cancel() }
    while await watcher.next() != nil {
      completing.cancel()
      await network.look()
      completing = Task { [network] in await network.complete(after: watching.pause) }
      let verdict = network.verdict
      check { $0.networkChanged(to: verdict, roundTrip: $1, at: .now()) }
    }
  }

  /// And when it has slept, or this process was stopped: neither is seen by who waits for a time.
  func watchSleep(by watching: Watching) async {
    var detector = SleepDetector(watching.clocks(), patience: watching.pause * 5)
    while !isClosed {
      // Cancelled, it ends at the next look.
      try? await Task.sleep(for: watching.pause)
      if Task.isCancelled { return }
      if detector.tick(watching.clocks()) != .nothing { check { $0.resumed(roundTrip: $1, at: .now()) } }
    }
  }

  func watch(_ transport: any Transport) async {
    let ids = ports.filter { $0.transport === transport }.map(\.id)
    for await event in transport.events { on(event, of: ids) }
    close()
  }

  private func on(_ event: TransportEvent, of ids: [PathID]) {
    drive { $0.on(event, of: ids, at: .now()) }
    alarm.ring()
  }

  /// The machine is on another network, or has slept. Told with what is known of the first path's round trip.
  private func check(_ tell: (inout NodeMachine, Duration?) -> Void) {
    let roundTrip = firstPort.connection?.roundTrip
    drive { tell(&$0, roundTrip) }
    alarm.ring()
  }
}
