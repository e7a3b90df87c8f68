# Whoever sends through it waits until its walls stand.
output "network" {
  description = "Full name of the network."
  value       = google_compute_network.egress.id

  depends_on = [
    google_compute_firewall.private_hosts,
    google_compute_firewall.deny_private,
    google_compute_firewall.allow_web,
    google_compute_firewall.deny_rest,
    google_compute_firewall.deny_ingress,
    google_compute_router_nat.egress,
  ]
}

output "subnetwork" {
  description = "Full name of the subnetwork."
  value       = google_compute_subnetwork.executors.id
}
