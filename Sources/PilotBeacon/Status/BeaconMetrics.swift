import PilotTransport

/// A beacon's statistics under stable names, one entry for each counter, zeros included: what isn't there can't be
/// watched.
struct BeaconMetrics {
  /// A metric with its values, each under a label.
  fileprivate struct Metric {
    let name: String
    let help: String
    let isGauge: Bool
    /// What tells the values apart; nil if there is only one.
    var label: String?
    let values: [(name: String, value: UInt64)]
    /// Whether they are thousandths of what the name says.
    var isInThousandths = false
  }

  private let metrics: [Metric]

  /// - Parameters:
  ///   - startedAt: When the beacon was started, in seconds since 1970.
  ///   - watchers: Who watches the status page.
  ///   - droppedWatchers: Who did, and didn't read.
  ///   - usage: What the process takes; nil where that isn't known.
  init(
    _ statistics: BeaconStatistics, startedAt: Int, watchers: Int, droppedWatchers: UInt64,
    usage: ProcessUsage? = .current
  ) {
    let (router, udp, peers) = (statistics.router, statistics.udp, statistics.peers)
    metrics =
      [
        Metric(
          name: "pilot_beacon_info", help: "What runs: 1, under its version.", isGauge: true, label: "version",
          values: [(PackageVersion.text, 1)]),
        .gauge("pilot_beacon_start_time_seconds", "When it was started, in seconds since 1970.", startedAt),
        .gauge("pilot_beacon_status_watchers", "Browsers that watch the status page.", watchers),
        .counter(
          "pilot_beacon_status_watchers_dropped_total", "Watchers of the status page closed because they didn't read.",
          droppedWatchers),
        .gauge("pilot_beacon_nodes", "Nodes registered over UDP.", router.nodes),
        .gauge("pilot_beacon_nodes_limit", "How many there may be.", statistics.nodeCapacity),
        .gauge("pilot_beacon_wss_peers", "Nodes attached over WebSocket.", router.wssPeers),
        .gauge(
          "pilot_beacon_connections_limit", "How many authenticated WebSocket connections there may be.",
          statistics.connectionLimit),
        .gauge(
          "pilot_beacon_connections", "WebSocket connections, handshaking ones included.", statistics.openConnections),
        .gauge(
          "pilot_beacon_handshakes", "WebSocket connections that aren't authenticated yet.", statistics.handshakes),
        .gauge("pilot_beacon_waiting_bytes", "Bytes that wait for WebSocket peers.", statistics.waitingBytes),
        .counter("pilot_beacon_frames_total", "Frames handed to the router.", router.frames),
        .labelled(
          "pilot_beacon_relayed_total", "Frames relayed, by cell.", "cell",
          RelayCell.allCases.map { ($0.description, router.relayed[$0]) }),
        .labelled(
          "pilot_beacon_dropped_total", "Frames dropped by the router, by reason.", "reason",
          RouterDropReason.allCases.map { ($0.description, router.drops[$0]) }),
        .labelled(
          "pilot_beacon_discovers_total", "Discovers, by what became of them.", "outcome",
          DiscoverOutcome.allCases.map { ($0.description, router.discovers[$0]) }),
        .labelled(
          "pilot_beacon_proofs_total", "Proofs of identity over UDP, by result.", "result",
          ProofOutcome.allCases.map { ($0.description, router.proofs[$0]) }),
        .counter(
          "pilot_beacon_challenges_held_back_total", "Challenges not sent, their source having got enough unasked.",
          router.challengesHeldBack),
        .counter(
          "pilot_beacon_fetches_held_back_total", "Keys not fetched for a Discover, its source having had its share.",
          router.fetchesHeldBack),
        .labelled(
          "pilot_beacon_moves_total", "Registrations that went to another endpoint, by cause.", "cause",
          MoveCause.allCases.map { ($0.description, router.moves[$0]) }),
        .counter(
          "pilot_beacon_probes_total", "Endpoints asked for a sign because their node is claimed from elsewhere.",
          router.probes),
        .labelled(
          "pilot_beacon_questions_total",
          "Questions to nodes that can prove nothing whether they are there, by reason.",
          "reason", [("claimed", router.questions), ("registered", router.greetings)]),
        .counter(
          "pilot_beacon_questions_held_back_total", "Questions not asked, the node's address having had its share.",
          router.questionsHeldBack),
        .counter("pilot_beacon_signs_total", "Signs of life that were asked for.", router.signs),
        .counter(
          "pilot_beacon_claims_refused_total", "Claims refused because the old endpoint gave a sign of life.",
          router.claimsRefused),
        .counter(
          "pilot_beacon_proven_forgotten_total", "Nodes no longer known to have proven themselves, for want of room.",
          router.provenForgotten),
        .counter(
          "pilot_beacon_unfounded_reports_total", "ICMP reports about a probe that don't quote its nonce.",
          router.unfoundedReports),
        .counter(
          "pilot_beacon_revocations_total", "Proven registrations ended because their node's key changed.",
          router.revocations),
        .labelled(
          "pilot_beacon_punches_total", "Requests to punch, by what became of them.", "outcome",
          PunchOutcome.allCases.map { ($0.description, router.punches[$0]) }),
        .labelled(
          "pilot_beacon_punch_grants_total", "Punch grants, by what became of them.", "result",
          GrantOutcome.allCases.map { ($0.description, router.grants[$0]) }),
        .labelled(
          "pilot_beacon_gone_notices_total", "Senders told that a frame's destination isn't here.", "transport",
          [("udp", router.goneNotices - router.goneNoticesOverWSS), ("wss", router.goneNoticesOverWSS)]),
        .counter(
          "pilot_beacon_gone_notices_held_back_total", "Senders not told that, having been told it within the second.",
          router.goneNoticesHeldBack),
        .labelled(
          "pilot_beacon_neighbours", "Other beacons that are configured, by whether their lists come.", "state",
          [
            ("heard", UInt64(statistics.neighbours.count { $0.isHeard })),
            ("silent", UInt64(statistics.neighbours.count { !$0.isHeard })),
          ], isGauge: true),
        .gauge("pilot_beacon_neighbour_nodes", "Nodes that other beacons list.", router.neighbourNodes),
        .counter("pilot_beacon_syncs_total", "Lists of other beacons' nodes taken in.", router.syncs),
        .counter(
          "pilot_beacon_sync_nodes_left_out_total", "Nodes listed by other beacons that there was no room for.",
          router.syncNodesLeftOut),
        .labelled(
          "pilot_beacon_neighbour_frames_total", "Of the frames relayed, those from and to other beacons.", "direction",
          [("from", router.relayedFromNeighbours), ("to", router.relayedToNeighbours)]),
        .counter("pilot_beacon_expirations_total", "Registrations that have run out.", router.expirations),
        .counter(
          "pilot_beacon_expulsions_total", "Registrations ended because their address may not speak any more.",
          router.expulsions),
        .counter("pilot_beacon_evictions_total", "Registrations that made way in a full table.", router.evictions),
        .counter(
          "pilot_beacon_replacements_total", "Connections replaced by a newer one of their node.", router.replacements),
        .counter(
          "pilot_beacon_continued_over_udp_total",
          "Connections that ended while their node was proven over UDP as well.",
          router.continuedOverUDP),
        .labelled(
          "pilot_beacon_peer_frames_total", "Frames for WebSocket peers, by what became of them.", "result",
          [
            ("sent", peers.sent), ("expired", peers.expired), ("overflowed", peers.overflowed),
            ("over_total", peers.overTotal), ("too_long", peers.tooLong),
            ("too_long_for_peer", peers.tooLongForPeer), ("lost", peers.lost), ("gone", statistics.connectionsGone),
            ("over_udp", statistics.detours),
          ]),
        .counter(
          "pilot_beacon_wss_ignored_total", "Frames of peers whose connection was being closed.",
          statistics.ignoredFrames),
        .labelled(
          "pilot_beacon_refusals_total", "Peers refused, by reason.", "reason",
          Self.sorted(statistics.refusals)),
        .labelled(
          "pilot_beacon_handshake_failures_total",
          "WebSocket connections that ended before they were upgraded, by reason.",
          "reason", Self.sorted(statistics.handshakeFailures)),
        .labelled(
          "pilot_beacon_status_failures_total", "Requests to the status port that weren't served, by reason.", "reason",
          Self.sorted(statistics.statusFailures)),
        .labelled(
          "pilot_beacon_drain_told_total", "Nodes told that the beacon is about to end, by transport.", "transport",
          [("udp", statistics.drain.nodesTold), ("wss", statistics.drain.peersTold)]),
        .counter(
          "pilot_beacon_drain_closed_total",
          "Connections of peers that don't understand that, closed one after the other.",
          statistics.drain.connectionsClosed),
        .labelled(
          "pilot_beacon_takeovers_total",
          "Takeovers from another beacon, and attempts of others, by what became of them.",
          "result",
          [
            ("taken_over", statistics.takeover.takenOver), ("table_refused", statistics.takeover.tablesRefused),
            ("attempt_failed", statistics.takeover.failedAttempts),
          ]),
        .labelled(
          "pilot_beacon_takeover_nodes_total",
          "Registrations that came from the beacon before, by what became of them.",
          "result",
          [("taken", statistics.takeover.nodesTaken), ("left_out", statistics.takeover.nodesLeftOut)]),
        .labelled(
          "pilot_beacon_takeover_frames_total",
          "Frames for peers that are connected to the beacon before, by what became of them.", "result",
          [("passed", statistics.takeover.framesPassed), ("dropped", statistics.takeover.framesDropped)]),
        .counter(
          "pilot_beacon_redirected_total", "Peers sent to another beacon when they attached, this one being full.",
          statistics.redirected),
        .counter(
          "pilot_beacon_udp_answers_total", "Answers, challenges, probes and notices of the beacon's own, over UDP.",
          statistics.udpAnswers),
        .counter("pilot_beacon_udp_sent_total", "Datagrams sent.", udp.framesSent),
        .counter("pilot_beacon_udp_received_total", "Datagrams received.", udp.framesReceived),
        .counter(
          "pilot_beacon_udp_without_local_total", "Datagrams whose own address isn't known: answered from any.",
          udp.framesWithoutLocal),
        .counter(
          "pilot_beacon_udp_from_elsewhere_total", "Datagrams sent from another address, since theirs is gone.",
          udp.framesFromElsewhere),
        .labelled(
          "pilot_beacon_udp_dropped_total", "Datagrams dropped at the socket, by reason.", "reason",
          DropReason.allCases.map { ($0.description, udp.drops[$0]) } + [("no_room", statistics.refusedByKernel)]),
        .counter(
          "pilot_beacon_outputs_dropped_total", "Answers that the router's queue had no room for.",
          router.outputsDropped),
      ] + Self.cluster(statistics) + Self.registry(statistics.registry) + Self.registration(statistics.registration)
      + Self.certificate(statistics.certificateExpiry) + Self.process(usage)
  }

  private static func sorted(_ counts: [String: UInt64]) -> [(String, UInt64)] {
    counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Only of a beacon with a certificate.
  private static func certificate(_ expiry: Int?) -> [Metric] {
    guard let expiry else { return [] }
    return [
      .gauge(
        "pilot_beacon_certificate_expiry_seconds", "Until when the certificate is valid, in seconds since 1970.", expiry
      )
    ]
  }

  /// Under the names that Prometheus' own libraries give them.
  private static func process(_ usage: ProcessUsage?) -> [Metric] {
    guard let usage else { return [] }
    return [
      Metric(
        name: "process_resident_memory_bytes", help: "Bytes of the process in memory.", isGauge: true,
        values: [("", usage.residentBytes)]),
      Metric(
        name: "process_cpu_seconds_total", help: "What the process has computed, in seconds.", isGauge: false,
        values: [("", usage.processorMilliseconds)], isInThousandths: true),
      .gauge("process_open_fds", "Open files and sockets.", usage.openDescriptors),
      .gauge("process_max_fds", "How many there may be.", usage.descriptorLimit),
    ]
  }

  /// Only of a beacon in a cluster.
  private static func cluster(_ statistics: BeaconStatistics) -> [Metric] {
    guard let cluster = statistics.cluster else { return [] }
    let silence = cluster.silentSince.map { Int($0.components.seconds) } ?? 0
    let metrics: [Metric] = [
      .gauge("pilot_beacon_cluster_beacons", "Other beacons of the cluster.", cluster.beacons.count),
      .gauge(
        "pilot_beacon_cluster_other_secrets", "Of these, those that have another secret.",
        cluster.beaconsWithAnotherSecret),
      .gauge(
        "pilot_beacon_cluster_nodes", "Nodes that are attached to other beacons of the cluster.",
        statistics.router.clusterNodes),
      .gauge("pilot_beacon_presence_up", "1 while the other beacons are heard, else 0.", cluster.isUpToDate ? 1 : 0),
      .gauge(
        "pilot_beacon_presence_told", "1 while the other beacons are told who is here, else 0.", cluster.isTold ? 1 : 0),
      .gauge("pilot_beacon_presence_silence_seconds", "How long they haven't been; 0 while they are.", silence),
      .counter("pilot_beacon_presence_losses_total", "How often that began.", cluster.losses),
      .counter(
        "pilot_beacon_presence_misunderstood_total", "What others have told and wasn't understood.",
        cluster.misunderstood),
      .gauge(
        "pilot_beacon_presence_waiting", "Pieces of this beacon's nodes that have yet to be told.", cluster.waiting),
      .counter(
        "pilot_beacon_presence_nodes_left_out_total", "Nodes of the cluster that there was no room for, each time.",
        cluster.leftOut),
      .gauge(
        "pilot_beacon_presence_beacons_left_out", "Beacons of the cluster that there is no room for.",
        cluster.beaconsLeftOut),
    ]
    guard let etcd = statistics.etcd else { return metrics }
    return metrics + [
      .counter("pilot_beacon_etcd_written_total", "Keys of this beacon's nodes written to etcd.", etcd.written),
      .counter(
        "pilot_beacon_etcd_written_bytes_total", "What they have cost of the pace of writing, in bytes.",
        etcd.writtenBytes),
      .counter(
        "pilot_beacon_etcd_held_back_total", "Looks that found keys which had to wait for the pace of writing.",
        etcd.heldBack),
      .labelled(
        "pilot_beacon_etcd_troubles_total", "What went wrong with etcd.", "what",
        [("failed", etcd.failures), ("deaf", etcd.deaf), ("number_taken", etcd.taken)]),
      .gauge(
        "pilot_beacon_etcd_delay_milliseconds",
        "From writing this beacon's own key to hearing of it from etcd, the last time.",
        etcd.delay.map { Int($0 / .milliseconds(1)) } ?? 0),
    ]
  }

  /// Only of a beacon with a registry: another one's zeros would look like one that nobody asks.
  private static func registry(_ counts: RegistryCounts?) -> [Metric] {
    guard let counts else { return [] }
    return [
      .counter("pilot_beacon_registry_lookups_total", "Lookups of the registry begun.", counts.asked),
      .labelled(
        "pilot_beacon_registry_shortfalls_total", "Lookups of the registry without an answer, or not begun.", "reason",
        [
          ("failed", counts.failed), ("refused", counts.refused), ("refresh_left_out", counts.refreshesLeftOut),
          ("prefetch_left_out", counts.prefetchesLeftOut),
        ]),
    ]
  }

  /// Only of a beacon with an entry at its registry.
  private static func registration(_ counts: RegistryRegistration.Counts?) -> [Metric] {
    guard let counts else { return [] }
    return [
      .gauge(
        "pilot_beacon_registry_registered", "1 while this beacon is registered with its registry, else 0.",
        counts.isRegistered ? 1 : 0),
      .labelled(
        "pilot_beacon_registry_registrations_total", "Words to the registry to be registered, by result.", "result",
        [("taken", counts.taken), ("failed", counts.failed)]),
      .gauge("pilot_beacon_registry_beacons", "Other beacons that the registry lists.", counts.others ?? 0),
    ]
  }

  /// `1500` is `1.500`.
  private static func seconds(_ milliseconds: UInt64) -> String {
    "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
  }

  /// The names, in order.
  var names: [String] { metrics.map(\.name) }

  /// Prometheus' text format, version 0.0.4.
  var exposition: String {
    var text = ""
    for metric in metrics {
      text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.isGauge ? "gauge" : "counter")\n"
      for (name, value) in metric.values {
        let labels = metric.label.map { "{\($0)=\"\(name)\"}" } ?? ""
        text += "\(metric.name)\(labels) \(metric.isInThousandths ? Self.seconds(value) : "\(value)")\n"
      }
    }
    return text
  }
}

extension BeaconMetrics.Metric {
  fileprivate static func gauge(_ name: String, _ help: String, _ value: Int) -> Self {
    Self(name: name, help: help, isGauge: true, values: [("", UInt64(clamping: value))])
  }

  fileprivate static func counter(_ name: String, _ help: String, _ value: UInt64) -> Self {
    Self(name: name, help: help, isGauge: false, values: [("", value)])
  }

  fileprivate static func labelled(
    _ name: String, _ help: String, _ label: String, _ values: [(String, UInt64)], isGauge: Bool = false
  ) -> Self {
    Self(name: name, help: help, isGauge: isGauge, label: label, values: values.map { (name: $0.0, value: $0.1) })
  }
}
