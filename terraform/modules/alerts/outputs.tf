output "channels" {
  description = "Full names of the channels that alerts go to."
  value       = local.channels
}
