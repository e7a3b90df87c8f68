terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# The way out of browsers. The executor's own proxy decides by origin and address first; this is the wall behind it.
resource "google_compute_network" "egress" {
  project                 = var.project
  name                    = "rodex-egress"
  description             = "Rodex: what browsers send"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "executors" {
  project       = var.project
  region        = var.region
  name          = "rodex-executors"
  network       = google_compute_network.egress.id
  ip_cidr_range = var.cidr

  # Google's APIs without the internet.
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "egress" {
  project = var.project
  region  = var.region
  name    = "rodex-egress"
  network = google_compute_network.egress.id
}

resource "google_compute_router_nat" "egress" {
  project                            = var.project
  region                             = var.region
  name                               = "rodex-egress"
  router                             = google_compute_router.egress.name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  # Many short connections to few hosts.
  enable_dynamic_port_allocation = true
  min_ports_per_vm               = 256
  max_ports_per_vm               = 8192

  subnetwork {
    name                    = google_compute_subnetwork.executors.id
    source_ip_ranges_to_nat = ["ALL_IP_ADDRESSES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

locals {
  # Not the internet: RFC 1918, shared, loopback, link-local, multicast and what is reserved.
  not_public = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
  ]
}

# What RODEX_PRIVATE_HOSTS opens must be open here too.
resource "google_compute_firewall" "private_hosts" {
  count = length(var.private_ranges) == 0 ? 0 : 1

  project            = var.project
  name               = "rodex-allow-private-hosts"
  description        = "Private hosts that this deployment opens to browsers."
  network            = google_compute_network.egress.id
  direction          = "EGRESS"
  priority           = 900
  destination_ranges = var.private_ranges
  target_tags        = var.tags

  allow {
    protocol = "tcp"
    ports    = var.private_ports
  }
}

resource "google_compute_firewall" "deny_private" {
  project            = var.project
  name               = "rodex-deny-private"
  description        = "Nothing that is not public, whatever a name says."
  network            = google_compute_network.egress.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = local.not_public
  target_tags        = var.tags

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# As the proxy: of ports below 1024 only these.
resource "google_compute_firewall" "allow_web" {
  project            = var.project
  name               = "rodex-allow-web"
  description        = "TCP to the web."
  network            = google_compute_network.egress.id
  direction          = "EGRESS"
  priority           = 1100
  destination_ranges = ["0.0.0.0/0"]
  target_tags        = var.tags

  allow {
    protocol = "tcp"
    ports    = ["80", "443", "1024-65535"]
  }
}

# No QUIC, no WebRTC, no names asked of others.
resource "google_compute_firewall" "deny_rest" {
  project            = var.project
  name               = "rodex-deny-rest"
  description        = "Nothing else goes out."
  network            = google_compute_network.egress.id
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "deny_ingress" {
  project       = var.project
  name          = "rodex-deny-ingress"
  description   = "Nobody calls an executor."
  network       = google_compute_network.egress.id
  direction     = "INGRESS"
  priority      = 65000
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}
