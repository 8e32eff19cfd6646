/// How the beacons of a cluster tell each other who they are and who is attached to them: what a beacon needs of whatever carries that.
///
/// It is told in pieces that each stand for themselves: a beacon, and its nodes in ``PresenceBucket/count`` buckets. What is told
/// last of a piece counts. What a beacon has told goes with it: some seconds after it has last been heard of at the latest.
package protocol Presence: Sendable {
  /// Makes a beacon and its nodes known, and tells what the others make known, until the task is cancelled: what this beacon has
  /// told is taken back then, if that can be done in a second or two.
  ///
  /// It never gives up: what fails is tried again, after pauses that grow and that differ from beacon to beacon.
  ///
  /// - Parameters:
  ///   - own: This beacon.
  ///   - outbox: Its nodes. Looked into every 50 ms or so.
  ///   - hear: Hears what others tell, in order, from one thread at a time, and from another one what becomes of what this beacon
  ///     tells.
  func run(
    as own: ClusterMember, telling outbox: PresenceOutbox, hear: @escaping @Sendable ([PresenceNews]) -> Void) async
}

/// What there is to hear of the other beacons of a cluster.
package enum PresenceNews: Equatable, Sendable {
  /// All is told anew from here on: what isn't told until the end of that isn't any more.
  case surveyBegins
  /// All has been told. What follows are changes.
  case surveyEnds
  /// A beacon makes itself known.
  case member(ClusterMember)
  /// Some of a beacon's nodes; nil for nobody.
  case nodes(PresenceBucket?, bucket: Int, of: UInt32)
  /// A beacon is gone, and all its nodes.
  case gone(UInt32)
  /// Nothing more is heard for the time being, and why.
  case lost(String)
  /// What this beacon tells gets to the others. Said again and again.
  case told
  /// What this beacon tells doesn't get to the others, or some of it, for the time being, and why. Said at each attempt.
  case untold(String)
  /// Something was told that isn't understood.
  case notUnderstood
}
