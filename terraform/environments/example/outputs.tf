output "api_url" {
  description = "Address of the API."
  value       = module.rodex.api_url
}

output "next" {
  description = "What to do next."
  value       = module.rodex.next
}
