output "emails" {
  description = "E-mail of each account, by what it is for."
  value       = { for name, account in google_service_account.all : name => account.email }
}

output "ids" {
  description = "Full name of each account, by what it is for."
  value       = { for name, account in google_service_account.all : name => account.name }
}

output "custom_roles" {
  description = "Full name of each role of ours, by its id."
  value       = { for id, role in google_project_iam_custom_role.all : id => role.name }
}
