output "database" {
  description = "Name of the database, once its indexes are asked for."
  value       = google_firestore_database.rodex.name

  depends_on = [google_firestore_index.all, google_firestore_field.all]
}
